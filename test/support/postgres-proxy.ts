import { type TcpProxy, tcpProxy } from './tcp-proxy.ts';

/** What is lost, and what comes after it. */
interface Loss {
  readonly of: 'statement' | 'answer';
  /** Whether new connections are let through afterwards. */
  readonly after: 'reconnect' | 'refuse';
  /** Called when it happens, before the connection ends. */
  readonly onLoss?: () => void;
}

/** Told of each statement when it comes and when its answer does; `lose` ends the connection instead. */
export type StatementWatch = (statement: string, phase: 'sent' | 'answered') => 'pass' | 'lose';

/** A proxy between a client and Postgres that can lose what goes through it, as a dying network does. */
export interface PostgresProxy extends TcpProxy {
  /**
   * From now on: when the next statement comes, or when the answer to it does, which is after the commit,
   * destroys the connection instead of passing it on.
   */
  lose(loss: Loss): void;
  /** The answer of the next statement; see `lose`. */
  loseNextAnswer(after: Loss['after']): void;
  /** Loses nothing any more. */
  disarm(): void;
  /** How many answers have come back: each ends with the server ready for the next query. */
  answers(): number;
}

/** "Ready for query", and a byte that tells the state of the transaction. */
const isReady = (data: Buffer): boolean =>
  data.subarray(-6, -1).equals(Buffer.from([0x5a, 0, 0, 0, 5]));

/** The name of the prepared statement that the first Bind message of the data names; it may be empty. */
const boundStatement = (data: Buffer): string | undefined => {
  let at = 0;
  while (at + 5 <= data.length) {
    if (data[at] === 0x42) {
      const portalEnd = data.indexOf(0, at + 5);
      return data.toString('utf8', portalEnd + 1, data.indexOf(0, portalEnd + 1));
    }
    // A length counts itself; what has less is the middle of a message.
    const length = data.readInt32BE(at + 1);
    if (length < 4) return undefined;
    at += 1 + length;
  }
  return undefined;
};

export const postgresProxy = async (
  target: { readonly host: string; readonly port: number },
  watch: StatementWatch = () => 'pass',
): Promise<PostgresProxy> => {
  let armed: Loss | undefined;
  let answered = 0;
  const fire = (): undefined => {
    const loss = armed;
    armed = undefined;
    if (loss?.after === 'refuse') proxy.cutOff();
    loss?.onLoss?.();
    return undefined;
  };
  const proxy = await tcpProxy(target, () => {
    /** Signing in is no statement, and its answer none that could be lost. */
    let signedIn = false;
    let statement: string | undefined;
    return (data, from) => {
      if (from === 'client') {
        if (!signedIn) return data;
        if (armed?.of === 'statement') return fire();
        statement = boundStatement(data) ?? statement;
        if (statement === undefined) return data;
        return watch(statement, 'sent') === 'pass' ? data : undefined;
      }
      const ready = isReady(data);
      if (ready) answered += 1;
      if (signedIn && armed?.of === 'answer') return fire();
      if (signedIn && ready && statement !== undefined) {
        const verdict = watch(statement, 'answered');
        statement = undefined;
        if (verdict === 'lose') return undefined;
      }
      signedIn ||= ready;
      return data;
    };
  });
  const lose = (loss: Loss): void => {
    armed = loss;
  };
  return {
    ...proxy,
    lose,
    disarm: () => {
      armed = undefined;
    },
    loseNextAnswer: (after) => lose({ of: 'answer', after }),
    heal: () => {
      armed = undefined;
      proxy.heal();
    },
    answers: () => answered,
  };
};
