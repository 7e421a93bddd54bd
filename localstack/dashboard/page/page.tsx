import { Charts } from './charts.tsx';
import { Dependencies, Shards } from './dependencies.tsx';
import { clock, duration } from './format.ts';
import { Tiers } from './tiers.tsx';
import { useStateOfServer } from './use-state-of-server.ts';
import { Word } from './word.tsx';

export const Page = () => {
  const { state, trouble } = useStateOfServer();
  if (state === undefined) {
    return <p role="status">{trouble ?? 'Asking for the first figures.'}</p>;
  }
  const { source, windowMs, everyMs, droppedSeries } = state;
  const since = clock(source.answeredAtMs);
  return (
    <>
      <header>
        <h1>Atlas on this machine</h1>
        <dl class="facts">
          <div>
            <dt>API</dt>
            <dd>
              <Word state={source.status} />
            </dd>
          </div>
          <div>
            <dt>Last answer</dt>
            <dd>{since}</dd>
          </div>
          <div>
            <dt>Figures of the last</dt>
            <dd>{duration(windowMs)}</dd>
          </div>
          <div>
            <dt>Asked every</dt>
            <dd>{duration(everyMs)}</dd>
          </div>
        </dl>
      </header>
      {trouble === undefined ? null : (
        <p role="alert" class="banner">
          The server of this page does not answer ({trouble}). What you see is from {since}.
        </p>
      )}
      {source.status === 'silent' ? (
        <p role="alert" class="banner">
          The API does not answer ({source.trouble}).{' '}
          {source.answeredAtMs === null
            ? 'Nothing is known yet.'
            : `Service levels and charts end at ${since}; what is now is unknown.`}
        </p>
      ) : null}
      {droppedSeries > 0 ? (
        <p role="status" class="banner">
          {droppedSeries} series are left out, because there are too many.
        </p>
      ) : null}
      <Tiers tiers={state.tiers} windowMs={windowMs} />
      <Dependencies dependencies={state.dependencies} />
      <Shards shards={state.shards} consumers={state.consumers} />
      <Charts times={state.times} panels={state.panels} />
    </>
  );
};
