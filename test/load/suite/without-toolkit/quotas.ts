/** Nobody has a quota. */
export const quotas = (): undefined => undefined;
