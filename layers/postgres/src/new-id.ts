import { randomFillSync } from 'node:crypto';
import { makeId, type Partition } from '@atlas/domain';

const bytesPerId = 9;
const pool = Buffer.alloc(256 * bytesPerId);
let used = pool.length;

/**
 * The id of something that is born now. Its randomness is drawn from the system in blocks: a draw for
 * each id costs a request more than its routing does.
 */
export const newId = (partition: Partition): string => {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytesPerId;
  return makeId(Date.now(), partition, pool.subarray(used - bytesPerId, used));
};
