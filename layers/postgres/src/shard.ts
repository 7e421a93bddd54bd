import { type CallGuard, type Deadline, Fault, remainingMs } from '@atlas/domain';
import pg from 'pg';
import { faultOf, isConnectionLost, isSerializationFailure } from './postgres-failure.ts';
import type { ShardConnection } from './shard-connection.ts';
import { valueTypes } from './value-types.ts';

/** A name, under which the server keeps the parsed statement for the connection, and its text. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

export interface PoolOptions {
  readonly connection: ShardConnection;
  /** Named statements save parsing, but pin a connection of RDS Proxy. */
  readonly namedStatements: boolean;
  readonly maxConnections: number;
  readonly guard: CallGuard;
}

export interface StatementCall {
  readonly deadline: Deadline;
  readonly effect: 'read' | 'write';
}

export interface Shard {
  readonly id: number;
  /**
   * Runs one statement, which is one transaction. A lost connection is tried once more on a fresh
   * one: a read if the guard can afford that, a write always, since it may have committed, and is guarded by its
   * idempotency key. Throws `Fault`.
   */
  run<Row extends pg.QueryResultRow>(
    statement: Statement,
    values: readonly unknown[],
    call: StatementCall,
  ): Promise<Row[]>;
  close(): Promise<void>;
}

const connectTimeoutMs = 2_000;
const maxSerializationRetries = 4;

export const openShard = (options: PoolOptions): Shard => {
  const { connection } = options;
  const pool = new pg.Pool({
    host: connection.host,
    port: connection.port,
    database: connection.database,
    user: connection.user,
    password: connection.password,
    ssl: connection.tls ? { rejectUnauthorized: true } : false,
    max: options.maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: 0,
    keepAlive: true,
    application_name: 'atlas',
    types: valueTypes,
  });
  // A connection that breaks leaves the pool by itself, and the query on it fails; without these
  // listeners it would end the process too.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));

  /** One timer for the connection and the query, and no promise but the one that is waited for. */
  const once = <Row extends pg.QueryResultRow>(
    statement: Statement,
    values: readonly unknown[],
    deadline: Deadline,
    effect: 'read' | 'write',
  ): Promise<Row[]> =>
    new Promise((resolve, reject) => {
      const budgetMs = remainingMs(deadline, Date.now());
      if (budgetMs === 0) {
        reject(new Fault('deadline-exceeded', 'the deadline passed before the database was asked'));
        return;
      }
      let release: ((broken: boolean) => void) | undefined;
      let isOver = false;
      const end = (broken: boolean): void => {
        isOver = true;
        clearTimeout(timer);
        release?.(broken);
      };
      const timer = setTimeout(() => {
        const wasSent = release !== undefined;
        end(true);
        reject(overdue(wasSent, effect));
      }, budgetMs);
      pool.connect((failure, client, give) => {
        if (isOver) {
          give();
          return;
        }
        if (failure !== undefined || client === undefined) {
          end(false);
          const message = 'the database cannot be reached';
          reject(new Fault('dependency-unavailable', message, { cause: failure }));
          return;
        }
        release = give;
        const { name, text } = statement;
        const query = { text, values: [...values], ...(options.namedStatements ? { name } : {}) };
        client.query<Row>(query, (error: Error | null, result) => {
          if (isOver) return;
          end(error !== null && isConnectionLost(error));
          if (error === null) resolve(result.rows);
          else reject(error);
        });
      });
    });

  const { guard } = options;
  /** A write may have committed, and asking is how to find out: that is not saved on. */
  const mayAskAgain = (effect: 'read' | 'write') => effect === 'write' || guard.mayRetry();
  const untilDecided = async <Row extends pg.QueryResultRow>(
    statement: Statement,
    values: readonly unknown[],
    { deadline, effect }: StatementCall,
  ): Promise<Row[]> => {
    let reconnected = false;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await once<Row>(statement, values, deadline, effect);
      } catch (error) {
        if (isSerializationFailure(error) && attempt < maxSerializationRetries) {
          await pause(Math.random() * 10 * 2 ** attempt);
        } else if (isConnectionLost(error) && !reconnected && mayAskAgain(effect)) {
          reconnected = true;
        } else {
          throw verdict(faultOf(error, effect), effect, reconnected);
        }
      }
    }
  };

  return {
    id: connection.id,
    // What may be done again is decided here, where a statement is known to have been sent or not.
    run: (statement, values, call) =>
      guard.run(() => untilDecided(statement, values, call), {
        deadline: call.deadline,
        effect: 'once',
      }),
    close: () => pool.end(),
  };
};

/**
 * A write whose connection was lost may have committed. Where the second attempt cannot find out, its
 * fault must not say that nothing happened.
 */
const verdict = (fault: unknown, effect: 'read' | 'write', reconnected: boolean): unknown => {
  const isUndecided =
    fault instanceof Fault &&
    (fault.code === 'dependency-unavailable' || fault.code === 'deadline-exceeded');
  if (!reconnected || effect === 'read' || !isUndecided) return fault;
  const message = 'the connection broke after the write was sent, and nobody could be asked';
  return new Fault('unknown-outcome', message, { cause: fault });
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Nothing was sent while there was no connection; of a write that was sent nobody knows. */
const overdue = (wasSent: boolean, effect: 'read' | 'write'): Fault => {
  if (!wasSent) return new Fault('deadline-exceeded', 'no database connection within the deadline');
  const late = effect === 'write' ? 'unknown-outcome' : 'deadline-exceeded';
  return new Fault(late, 'the database did not answer within the deadline');
};
