/** `node …/api-program.ts [PORT]`: the API over HTTP, with a clock and functions that can be made to fail. */
import { httpGateway } from '../../support/http-gateway.ts';
import { inProcessGateway } from '../../support/in-process-gateway.ts';
import { faultyGateway, type HandlerFault } from './injectors/handler-faults.ts';
import { shiftClock } from './injectors/shift-clock.ts';

/** What the process can be told. */
export interface ApiOrder {
  readonly clockOffsetMs?: number;
  /** null: no more. */
  readonly fault?: HandlerFault | null;
}

const [, , port = '0'] = process.argv;
const faulty = faultyGateway(inProcessGateway({}));
const { url } = await httpGateway(faulty.gateway, Number(port), faulty.isLost);
process.on('message', ({ clockOffsetMs, fault }: ApiOrder) => {
  if (clockOffsetMs !== undefined) shiftClock(clockOffsetMs);
  if (fault !== undefined) faulty.suffer(fault ?? undefined);
});
process.on('disconnect', () => process.exit(0));
process.stdout.write(`${url}\n`);
