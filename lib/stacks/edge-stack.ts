import { ArnFormat, Stack, type StackProps } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import { names } from '../names.ts';
import type { AwsStage } from '../stage.ts';

/** Requests from one address in five minutes, beyond which it is blocked. */
const requestsPerAddress = 20_000;

const metrics = (metricName: string) => ({
  metricName,
  cloudWatchMetricsEnabled: true,
  sampledRequestsEnabled: true,
});

/** AWS only: the web ACL before the API. */
export class EdgeStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & { readonly stage: AwsStage }) {
    super(scope, id, props);
    const { stage } = props;
    const managed = (name: string, priority: number) => ({
      name,
      priority,
      overrideAction: { none: {} },
      visibilityConfig: metrics(name),
      statement: { managedRuleGroupStatement: { vendorName: 'AWS', name } },
    });
    const acl = new CfnWebACL(this, 'WebAcl', {
      name: names(stage).stack('api'),
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: metrics(names(stage).stack('api')),
      rules: [
        managed('AWSManagedRulesAmazonIpReputationList', 0),
        managed('AWSManagedRulesKnownBadInputsRuleSet', 1),
        managed('AWSManagedRulesSQLiRuleSet', 2),
        {
          name: 'rate',
          priority: 3,
          action: { block: {} },
          visibilityConfig: metrics('rate'),
          statement: { rateBasedStatement: { limit: requestsPerAddress, aggregateKeyType: 'IP' } },
        },
      ],
    });
    const api = StringParameter.valueForStringParameter(
      this,
      names(stage).parameter('api-stage-arn'),
    );
    new CfnWebACLAssociation(this, 'Association', { webAclArn: acl.attrArn, resourceArn: api });
    const log = new LogGroup(this, 'Log', {
      // WAF demands this beginning.
      logGroupName: `aws-waf-logs-${names(stage).stack('api')}`,
      retention: stage.logRetentionDays,
    });
    new CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: acl.attrArn,
      logDestinationConfigs: [
        this.formatArn({
          service: 'logs',
          resource: 'log-group',
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          resourceName: log.logGroupName,
        }),
      ],
    });
  }
}
