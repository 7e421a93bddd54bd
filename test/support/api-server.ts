/** `node test/support/api-server.ts [PORT]`: the API over HTTP, in the environment that it is given. */
import { httpGateway } from './http-gateway.ts';
import { inProcessGateway } from './in-process-gateway.ts';

const [, , port = '0'] = process.argv;
const { url } = await httpGateway(inProcessGateway({}), Number(port));
process.stdout.write(`${url}\n`);
