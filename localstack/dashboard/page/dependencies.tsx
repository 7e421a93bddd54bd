import type { CheckState, ConsumerState, DependencyState, ShardState } from '../dashboard-state.ts';
import { duration, number } from './format.ts';
import { Word } from './word.tsx';

const checkWords = { pass: 'answers', fail: 'does not answer', unknown: 'unknown' } as const;

const Check = ({ check }: { check: CheckState }) => (
  <td class="text">
    <Word state={check.status} text={checkWords[check.status]} />
    {check.latencyMs === null ? null : ` in ${duration(check.latencyMs)}`}
  </td>
);

export const Dependencies = ({ dependencies }: { dependencies: readonly DependencyState[] }) => (
  <section aria-labelledby="dependencies">
    <h2 id="dependencies">Dependencies and breakers</h2>
    {dependencies.length === 0 ? (
      <p>None is known yet.</p>
    ) : (
      <div class="wide card">
        <table>
          <caption class="unseen">Dependencies and breakers</caption>
          <thead>
            <tr>
              <th scope="col">dependency</th>
              <th scope="col" class="text">
                breaker
              </th>
              <th scope="col" class="text">
                readiness
              </th>
              <th scope="col">calls/s</th>
              <th scope="col">failures/s</th>
              <th scope="col">p95</th>
            </tr>
          </thead>
          <tbody>
            {dependencies.map((one) => (
              <tr key={one.name} data-dependency={one.name}>
                <th scope="row">{one.name}</th>
                <td class="text">
                  <Word state={one.breaker} />
                </td>
                <Check check={one.check} />
                <td>{number(one.callsPerSecond)}</td>
                <td>{number(one.failuresPerSecond)}</td>
                <td>{duration(one.p95Ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    )}
  </section>
);

interface ShardsProps {
  readonly shards: readonly ShardState[];
  readonly consumers: readonly ConsumerState[];
}

export const Shards = ({ shards, consumers }: ShardsProps) => (
  <section aria-labelledby="shards">
    <h2 id="shards">Shards, outboxes and consumers</h2>
    {shards.length + consumers.length === 0 ? <p>None is known yet.</p> : null}
    <div class="beside">
      {shards.length === 0 ? null : (
        <table class="card">
          <caption class="unseen">Shards and their outboxes</caption>
          <thead>
            <tr>
              <th scope="col">shard</th>
              <th scope="col" class="text">
                readiness
              </th>
              <th scope="col">waiting</th>
              <th scope="col">oldest</th>
              <th scope="col">parked</th>
            </tr>
          </thead>
          <tbody>
            {shards.map((one) => (
              <tr key={one.shard} data-shard={one.shard}>
                <th scope="row">{one.shard}</th>
                <Check check={one.check} />
                <td>{number(one.waiting)}</td>
                <td>{duration(one.oldestAgeMs)}</td>
                <td>{number(one.parked)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {consumers.length === 0 ? null : (
        <table class="card">
          <caption class="unseen">Consumers and how far they are behind</caption>
          <thead>
            <tr>
              <th scope="col">consumer</th>
              <th scope="col" class="text">
                topic
              </th>
              <th scope="col">records behind</th>
            </tr>
          </thead>
          <tbody>
            {consumers.map((one) => (
              <tr key={`${one.group} ${one.topic}`} data-consumer={one.group}>
                <th scope="row">{one.group}</th>
                <td class="text">{one.topic}</td>
                <td>{number(one.lagRecords)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  </section>
);
