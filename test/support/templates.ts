import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { addStacks } from '../../lib/atlas-app.ts';
import { readStage, type Stage } from '../../lib/stage.ts';

export interface SynthesisedStage {
  readonly app: App;
  readonly stage: Stage;
  /** By the name after the stage: 'service', 'data' … */
  readonly templates: ReadonlyMap<string, Template>;
}

/** Synthesises a stage in memory, without the validations that `make synth` runs. */
export const synthesiseStage = (name: string): SynthesisedStage => {
  const stage = readStage(name);
  const app = new App();
  addStacks(app, stage);
  const stacks = app.synth().stacks.map((artifact) => {
    const template = Template.fromJSON(artifact.template);
    return [artifact.stackName.slice(`atlas-${name}-`.length), template] as const;
  });
  return { app, stage, templates: new Map(stacks) };
};

interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: properties of every kind of resource
  readonly Properties: any;
}

export const resourcesOf = (template: Template, type?: string): Resource[] =>
  (Object.values(template.toJSON().Resources) as Resource[]).filter(
    (resource) => type === undefined || resource.Type === type,
  );
