import type { FunctionState, TierState } from '../dashboard-state.ts';
import { duration, number, percent } from './format.ts';
import { Sign, Word } from './word.tsx';

const percentiles = ['p50', 'p95', 'p99'] as const;

const Latency = ({ one, of }: { one: (typeof percentiles)[number]; of: FunctionState }) => {
  const value = of.latencyMs[one];
  const objective = of.objectiveMs[one];
  const isOver = value !== null && value > objective;
  return (
    <td class={isOver ? 'over' : ''} title={`objective: ${number(objective, 'ms')}`}>
      {number(value)}
      {isOver ? (
        <>
          {' '}
          <Sign look="warning" />
          <span class="unseen">over its objective</span>
        </>
      ) : null}
    </td>
  );
};

const Functions = ({
  label,
  functions,
}: {
  label: string;
  functions: readonly FunctionState[];
}) => (
  <table>
    <caption class="unseen">{label}</caption>
    <thead>
      <tr>
        <th scope="col">function</th>
        <th scope="col" class="text">
          state
        </th>
        <th scope="col">requests/s</th>
        <th scope="col">failures/s</th>
        <th scope="col">refusals/s</th>
        {percentiles.map((one) => (
          <th key={one} scope="col">
            {one}, ms
          </th>
        ))}
        <th scope="col">requests</th>
        <th scope="col">failures</th>
        <th scope="col">budget left</th>
      </tr>
    </thead>
    <tbody>
      {functions.map((one) => (
        <tr key={one.name} data-function={one.name}>
          <th scope="row">{one.name}</th>
          <td class="text">
            <Word state={one.verdict} />
          </td>
          <td>{number(one.requestsPerSecond)}</td>
          <td>{number(one.failuresPerSecond)}</td>
          <td>{number(one.refusalsPerSecond)}</td>
          {percentiles.map((which) => (
            <Latency key={which} one={which} of={one} />
          ))}
          <td>{number(one.requests)}</td>
          <td>{number(one.failures)}</td>
          <td>{percent(one.budgetLeftPercent)}</td>
        </tr>
      ))}
    </tbody>
  </table>
);

const Tier = ({ tier }: { tier: TierState }) => {
  const busy = tier.functions.filter(({ requests }) => requests > 0);
  const quiet = tier.functions.filter(({ requests }) => requests === 0);
  const { budgetLeftPercent: left } = tier;
  return (
    <section class="tier" data-tier={tier.tier}>
      <h3>
        {tier.tier}: {percent(tier.objectivePercent, 2)}
      </h3>
      <p>
        {tier.keptPercent === null ? (
          'Nobody called.'
        ) : (
          <>
            <strong>{percent(tier.keptPercent, 3)}</strong> succeeded; error budget left:{' '}
            <strong>{percent(left)}</strong>{' '}
            <meter min={0} max={100} low={25} optimum={100} value={Math.max(0, left ?? 0)}>
              {percent(left)}
            </meter>
          </>
        )}
      </p>
      {busy.length === 0 ? null : (
        <div class="wide">
          <Functions label={`${tier.tier}: functions with traffic`} functions={busy} />
        </div>
      )}
      {quiet.length === 0 ? null : (
        <details>
          <summary>{quiet.length} functions that nobody called</summary>
          <div class="wide">
            <Functions label={`${tier.tier}: functions without traffic`} functions={quiet} />
          </div>
        </details>
      )}
    </section>
  );
};

/** Rate, errors and durations of every function, and what is left of each budget. */
export const Tiers = ({ tiers, windowMs }: { tiers: readonly TierState[]; windowMs: number }) => (
  <section aria-labelledby="levels">
    <h2 id="levels">Service levels</h2>
    <p class="hint">
      Budgets are those of the {duration(windowMs)} that this page has seen, not of thirty days.
      Rates are of the last minute, percentiles of the last five.
    </p>
    {tiers.map((tier) => (
      <Tier key={tier.tier} tier={tier} />
    ))}
  </section>
);
