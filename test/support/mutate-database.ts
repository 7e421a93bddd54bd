import type { TestDatabase } from './database.ts';
import { mutateFunction } from './mutate-function.ts';

/** Puts something wrong into a function of the schema, on every shard, for good. */
export const mutateDatabase = async (
  database: TestDatabase,
  name: string,
  right: string,
  wrong: string,
): Promise<void> => {
  for (const { id } of database.api) {
    const admin = await database.admin(id);
    try {
      await mutateFunction(admin, name, right, wrong);
    } finally {
      await admin.end();
    }
  }
};
