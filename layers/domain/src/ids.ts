/**
 * Identifiers: UUIDv7 (RFC 9562) whose `rand_a` field carries, in its upper 8 bits, the virtual
 * partition in which the thing was born. An id alone therefore routes a request, without a lookup.
 *
 *   tttttttt-tttt-7PPr-vrrr-rrrrrrrrrrrr     t = Unix milliseconds, PP = partition, r = random
 */
export const partitionCount = 256;

export type Partition = number;

export const idPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** True for a lower-case UUIDv7 in its canonical text form, the only form Atlas accepts. */
export const isId = (text: string): boolean => idPattern.test(text);

/** The virtual partition in which the thing was born, 0 to 255. `id` must satisfy `isId`. */
export const partitionOfId = (id: string): Partition => Number.parseInt(id.slice(15, 17), 16);

/**
 * Builds an id from its parts. Time and randomness are arguments, so that the domain stays pure.
 *
 * @param unixMs milliseconds since 1970, below 2^48
 * @param partition 0 to 255
 * @param random at least 9 random bytes
 */
export const makeId = (unixMs: number, partition: Partition, random: Uint8Array): string => {
  const time = unixMs.toString(16).padStart(12, '0');
  const born = partition.toString(16).padStart(2, '0');
  const hex = Buffer.from(random.buffer, random.byteOffset, 9).toString('hex');
  const variant = (8 + (Number.parseInt(hex.charAt(1), 16) % 4)).toString(16);
  return (
    `${time.slice(0, 8)}-${time.slice(8)}-7${born}${hex.charAt(0)}` +
    `-${variant}${hex.slice(2, 5)}-${hex.slice(5, 17)}`
  );
};
