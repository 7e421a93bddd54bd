import {
  type App,
  CliCredentialsStackSynthesizer,
  type IStackSynthesizer,
  Tags,
} from 'aws-cdk-lib';
import { readLocalEndpoints } from './endpoints.ts';
import { names } from './names.ts';
import { DataStack } from './stacks/data-stack.ts';
import { ServiceStack } from './stacks/service-stack.ts';
import type { Stage } from './stage.ts';

/** Adds the stacks of a stage to the app, in the order in which data flows through them. */
export const addStacks = (
  app: App,
  stage: Stage,
  options: { readonly localEndpointsFile?: string | undefined } = {},
): void => {
  const named = (name: string) => names(stage).stack(name);
  if (!stage.onAws) {
    // No bootstrap stack is needed: whoever deploys uses his own credentials and one bucket.
    const props = () => ({
      stage,
      synthesizer: new CliCredentialsStackSynthesizer() as IStackSynthesizer,
    });
    const data = new DataStack(app, named('data'), props());
    const service = new ServiceStack(app, named('service'), {
      ...props(),
      endpoints: readLocalEndpoints(options.localEndpointsFile),
    });
    service.addStackDependency(data);
  }
  Tags.of(app).add('application', 'atlas');
  Tags.of(app).add('stage', stage.name);
};
