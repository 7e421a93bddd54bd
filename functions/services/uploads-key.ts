/** Every tenant has a prefix of its own, so that an id leads to nobody else's file. */
export const uploadsKey = (tenant: string, uploadId: string): string => `${tenant}/${uploadId}`;
