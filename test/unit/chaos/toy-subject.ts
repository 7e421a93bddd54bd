import { randomUUID } from 'node:crypto';
import { type GroupLoad, startGroup } from '../../chaos/framework/group-load.ts';
import type { GroupRecord } from '../../chaos/framework/invariants.ts';
import type { Subject } from '../../chaos/framework/subject.ts';
import type { Api, ApiAnswer } from '../../support/in-process-api.ts';

/** What is wrong with the ledger; undefined: nothing. */
export type Flaw =
  | 'forgets what it acknowledged'
  | 'ignores keys'
  | 'shows accounts of others'
  | 'answers errors of its own'
  | 'does not publish'
  | 'applies entries twice'
  | 'answers nothing any more';

interface ToyTransfer {
  readonly tenant: string;
  readonly transferId: string;
  readonly reference: string;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
}

/** A ledger of a few lines, which can be given a flaw while it runs. */
export class ToyWorld {
  flaw: Flaw | undefined;
  /** How often the fault of an experiment took place. */
  broken = 0;
  readonly transfers: ToyTransfer[] = [];
  readonly #accounts = new Map<string, string>();
  readonly #keys = new Map<string, string>();

  api(tenant: string): Api {
    return async ({ method, path, headers = {}, body }) => {
      const key = `${tenant} ${headers['Idempotency-Key']}`;
      if (this.flaw === 'answers nothing any more') throw new Error('nobody is there');
      if (this.flaw === 'answers errors of its own') return answer(500, { message: 'oh no' });
      if (path === '/v1/assets') return answer(201, {});
      if (method === 'POST' && path === '/v1/accounts') {
        const accountId = toyId(this.#accounts.size);
        this.#accounts.set(accountId, tenant);
        return answer(201, { accountId });
      }
      if (method === 'POST')
        return answer(201, { transferId: this.#post(tenant, key, body as never) });
      const [, accountId = ''] = /accounts\/([^/?]+)/.exec(path) ?? [];
      const isSeen =
        this.#accounts.get(accountId) === tenant || this.flaw === 'shows accounts of others';
      if (accountId === '') return answer(200, { items: [] });
      return isSeen ? answer(200, { accountId }) : problem(404, 'account-not-found');
    };
  }

  #post(
    tenant: string,
    key: string,
    {
      reference,
      postings: [posting],
    }: { reference: string; postings: { [field: string]: string }[] },
  ): string {
    const known = this.#keys.get(key);
    if (known !== undefined && this.flaw !== 'ignores keys') return known;
    const transferId = randomUUID();
    this.#keys.set(key, transferId);
    if (this.flaw === 'forgets what it acknowledged') return transferId;
    this.transfers.push({
      ...{ tenant, transferId, reference },
      from: posting?.debitAccountId ?? '',
      to: posting?.creditAccountId ?? '',
      amount: BigInt(posting?.amount ?? '0'),
    });
    return transferId;
  }

  /** What the ledger, its log and its view hold of a group. */
  record({ tenant, accounts, load, answers }: GroupLoad, flaw: Flaw | undefined): GroupRecord {
    const own = this.transfers.filter((transfer) => transfer.tenant === tenant);
    const stored = accounts.map((accountId) => {
      const of = own.filter(({ from, to }) => from === accountId || to === accountId);
      const amounts = of.map(({ to, amount }) => (to === accountId ? amount : -amount));
      const balance = amounts.reduce((sum, amount) => sum + amount, 0n);
      const again = flaw === 'applies entries twice' ? (amounts.at(-1) ?? 0n) : 0n;
      return { accountId, asset: 'EUR', version: BigInt(of.length + 1), balance, again };
    });
    const loggedEntries = stored.flatMap(({ accountId, version }) =>
      Array.from({ length: Number(version) }, (_, i) => ({ accountId, version: BigInt(i + 1) })),
    );
    const history = {
      ...load,
      transfers: own,
      accounts: stored,
      loggedTransfers: flaw === 'does not publish' ? [] : own.map(({ transferId }) => transferId),
      loggedEntries,
      viewed: stored.map((account) => ({ ...account, balance: account.balance + account.again })),
    };
    return { load, answers, history };
  }
}

const answer = (status: number, body: object): ApiAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body,
});

export const problem = (status: number, code: string): ApiAnswer => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: { type: `urn:atlas:problem:${code}`, status, code },
});

/** With a partition of the one shard where an id has it. */
const toyId = (number: number): string =>
  `01a20000-0000-7000-8000-${String(number).padStart(12, '0')}`;

/** The toy, with callers as the real world has them. */
export const toySubject = (): Subject<ToyWorld> & { healed: number } => {
  const world = new ToyWorld();
  let last: Flaw | undefined;
  const subject = {
    world,
    healed: 0,
    async begin() {
      const opened: GroupLoad[] = [];
      const open = async (name: string) => {
        const tenant = `${name}-${randomUUID()}`;
        const foreign = () => opened.find((group) => group.tenant !== tenant)?.accounts ?? [];
        const size = { writers: 2, accountsPerShard: 3, shards: 1 };
        const more = { token: '', pauseMs: 1, patienceMs: 500, ...size };
        const group = await startGroup({ api: world.api(tenant), tenant, foreign, ...more });
        opened.push(group);
        return group;
      };
      return { experiment: await open('experiment'), control: await open('control') };
    },
    async heal() {
      subject.healed += 1;
      last = world.flaw ?? last;
      world.flaw = undefined;
    },
    async record({ experiment, control }: { experiment: GroupLoad; control: GroupLoad }) {
      return { experiment: world.record(experiment, last), control: world.record(control, last) };
    },
  };
  return subject;
};
