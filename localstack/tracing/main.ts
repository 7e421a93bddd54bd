/** The local trace collector: `node localstack/tracing/main.ts PORT`. SIGTERM stops it. */
import { startTraceCollector } from './trace-collector.ts';

const [, , port = ''] = process.argv;
const collector = await startTraceCollector({ port: Number(port), maxTraces: 2_000 });
const say = (message: string): void => {
  console.log(JSON.stringify({ at: new Date().toISOString(), message }));
};

say('ready');
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void collector.close().then(() => say('stopped')));
}
