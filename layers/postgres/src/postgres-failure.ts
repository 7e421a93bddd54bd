import { Fault } from '@atlas/domain';
import pg from 'pg';

/** What an error means for the caller, told by SQLSTATE (PostgreSQL manual, appendix A). */
const sqlState = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError ? error.code : undefined;

/** The server rolled back and said so; the same call may be tried again at once. */
export const isSerializationFailure = (error: unknown): boolean => {
  const state = sqlState(error);
  return state === '40001' || state === '40P01';
};

/** A sum left the range of bigint. */
export const isOutOfRange = (error: unknown): boolean => sqlState(error) === '22003';

/** The writer's route is out of date (raised by ledger.hold_partitions). */
const staleRoute = 'AT421';

/**
 * Class 57P is a server that shuts down or crashed, class 08 a connection that broke; no SQLSTATE
 * at all is a socket that died. In each case the server may have committed without telling us.
 */
export const isConnectionLost = (error: unknown): boolean => {
  if (error instanceof Fault) return false;
  const state = sqlState(error);
  return state === undefined || state.startsWith('57P') || state.startsWith('08');
};

/** The fault behind an error of a statement that was sent; anything else is a defect, as it is. */
export const faultOf = (error: unknown, effect: 'read' | 'write'): unknown => {
  if (error instanceof Fault) return error;
  const cause = { cause: error };
  switch (sqlState(error)) {
    case staleRoute:
      return new Fault('stale-route', 'the partition has moved', cause);
    case '57014':
      return new Fault('deadline-exceeded', 'the statement was cancelled', cause);
    case '55P03':
      return new Fault('overloaded', 'a row stayed locked for too long', cause);
    case '40001':
    case '40P01':
      return new Fault('overloaded', 'concurrent writers kept colliding', cause);
    case '53100':
      return new Fault('dependency-unavailable', 'the disk of the database is full', cause);
    case '53200':
      return new Fault('dependency-unavailable', 'the database has no memory left', cause);
    case '53300':
      return new Fault('dependency-unavailable', 'the database accepts no more connections', cause);
    default:
  }
  if (!isConnectionLost(error)) return error;
  return effect === 'write'
    ? new Fault('unknown-outcome', 'the connection broke after the write was sent', cause)
    : new Fault('dependency-unavailable', 'the connection to the database broke', cause);
};
