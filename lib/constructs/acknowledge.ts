import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Every acknowledgement is explained here. */
const adr = 'docs/adr/0010-acknowledged-findings.md';

/** Accepts findings of cdk-nag for one construct and what is below it, each with its reason. */
export const acknowledge = (
  construct: IConstruct,
  reasons: Readonly<Record<string, string>>,
): void => {
  for (const [id, reason] of Object.entries(reasons)) {
    Validations.of(construct).acknowledge({ id, reason: `${reason} (${adr})` });
  }
};
