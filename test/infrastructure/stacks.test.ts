import { describe, expect, it } from 'vitest';
import { endpoints, queues, services, triggers } from '../../functions/manifest.ts';
import { parseStage } from '../../lib/stage.ts';
import { resourcesOf, synthesiseStage } from '../support/templates.ts';

const local = synthesiseStage('local');
const prod = synthesiseStage('prod');

const templateOf = (stage: typeof local, name: string) => {
  const template = stage.templates.get(name);
  if (template === undefined) throw new Error(`there is no stack ${name}`);
  return template;
};

/** Of the two stacks that have the functions of the manifest. */
const ofFunctions = (stage: typeof local, type: string) =>
  ['background', 'service'].flatMap((name) => resourcesOf(templateOf(stage, name), type));

describe('the portable stacks', () => {
  it('are all that is deployed to an emulator', () => {
    expect([...local.templates.keys()]).toEqual(['data', 'background', 'service']);
  });

  it.each(['data', 'background', 'service'])('have no custom resource in %s', (name) => {
    for (const stage of [local, prod]) {
      const types = resourcesOf(templateOf(stage, name)).map((resource) => resource.Type);
      expect(types.filter((type) => type.startsWith('Custom::'))).toEqual([]);
      expect(types).not.toContain('AWS::CloudFormation::CustomResource');
      expect(types).not.toContain('AWS::Scheduler::Schedule');
      expect(types).not.toContain('AWS::ApiGateway::Authorizer');
      expect(types).not.toContain('AWS::ApiGatewayV2::Api');
    }
  });

  it('name the functions of the manifest, each with a log group that forgets', () => {
    for (const stage of [local, prod]) {
      const functions = ofFunctions(stage, 'AWS::Lambda::Function');
      expect(functions.map((one) => String(one.Properties.FunctionName)).sort()).toEqual(
        services.map((row) => `atlas-${stage.stage.name}-${row.name}`).sort(),
      );
      for (const group of ofFunctions(stage, 'AWS::Logs::LogGroup')) {
        expect(group.Properties.RetentionInDays).toBe(stage.stage.logRetentionDays);
      }
    }
  });

  it('send spans to a collector: the local one, or the one beside the function', () => {
    const settingsOf = ({ Properties }: ReturnType<typeof ofFunctions>[number]) =>
      Properties.Environment.Variables;
    for (const one of ofFunctions(local, 'AWS::Lambda::Function')) {
      expect(settingsOf(one)).toMatchObject({
        ATLAS_TRACES_ENDPOINT: 'http://127.0.0.1:4318',
        ATLAS_TRACES_SHARE: '1',
        ATLAS_DEBUG_SHARE: '1',
      });
      expect(one.Properties.Layers).toBeUndefined();
    }
    for (const one of ofFunctions(prod, 'AWS::Lambda::Function')) {
      expect(settingsOf(one)).toMatchObject({ ATLAS_TRACES_SHARE: '0.05' });
      expect(settingsOf(one)).not.toHaveProperty('ATLAS_TRACES_ENDPOINT');
      // The collector, and what tells the environment of its end.
      expect(one.Properties.Layers).toHaveLength(2);
    }
  });

  it('route every endpoint of the manifest', () => {
    const methods = resourcesOf(templateOf(local, 'service'), 'AWS::ApiGateway::Method');
    expect(methods).toHaveLength(endpoints.length);
    for (const { Properties } of methods) {
      expect(Properties.Integration.Type).toBe('AWS_PROXY');
      expect(Properties.AuthorizationType).toBe('NONE');
    }
  });

  it('give a function more time than its budget, and the API’s less than the gateway has', () => {
    const functions = ofFunctions(prod, 'AWS::Lambda::Function');
    for (const row of services) {
      const found = functions.find((one) => one.Properties.FunctionName.endsWith(`-${row.name}`));
      expect(found?.Properties.Timeout * 1_000).toBeGreaterThan(row.budgetMs);
    }
    for (const endpoint of endpoints) expect(endpoint.budgetMs).toBeLessThan(27_000);
  });

  it('answer for the gateway with problem+json', () => {
    const answers = resourcesOf(templateOf(local, 'service'), 'AWS::ApiGateway::GatewayResponse');
    expect(answers.map((one) => one.Properties.ResponseType)).toEqual(
      expect.arrayContaining(['DEFAULT_4XX', 'DEFAULT_5XX', 'MISSING_AUTHENTICATION_TOKEN']),
    );
    for (const { Properties } of answers) {
      const body = JSON.parse(Properties.ResponseTemplates['application/json']);
      expect(body.type).toBe(`urn:atlas:problem:${body.code}`);
      expect(String(body.status)).toBe(Properties.StatusCode);
      const retryAfter = Properties.ResponseParameters['gatewayresponse.header.Retry-After'];
      expect(retryAfter).toBe(body.retryable === true ? "'1'" : undefined);
    }
    // Lambda throttles, ends and times functions out: whoever asked must ask again, under the same key.
    const [failed] = answers.filter(({ Properties }) => Properties.ResponseType === 'DEFAULT_5XX');
    expect(JSON.parse(failed?.Properties.ResponseTemplates['application/json'])).toMatchObject({
      code: 'unknown-outcome',
      retryable: true,
    });
  });
});

const actionsOf = (statement: { Action: string | string[] }) => [statement.Action].flat();

describe('permissions', () => {
  it('never allow all actions, and all resources only to X-Ray and to look at networks', () => {
    for (const template of prod.templates.values()) {
      for (const policy of resourcesOf(template, 'AWS::IAM::Policy')) {
        const name = JSON.stringify(policy.Properties.PolicyName);
        if (/framework|AWS679|Provider/.test(name)) continue;
        for (const statement of policy.Properties.PolicyDocument.Statement) {
          for (const action of actionsOf(statement)) expect(action).not.toMatch(/^\*$|:\*$/);
          const everywhere = [statement.Resource].flat().includes('*');
          const beyond = actionsOf(statement).filter(
            (action) => !/^(?:xray:|ec2:Describe)/.test(action),
          );
          expect(everywhere ? beyond : []).toEqual([]);
        }
      }
    }
  });

  it('let a function that reads balances change none', () => {
    const policies = ofFunctions(prod, 'AWS::IAM::Policy');
    const reader = policies.find((one) =>
      JSON.stringify(one.Properties.PolicyName).includes('readbalance'),
    );
    const statements: readonly { Action: string | string[]; Resource: unknown }[] =
      reader?.Properties.PolicyDocument.Statement ?? [];
    const ofBalances = statements.filter(({ Resource }) =>
      JSON.stringify(Resource).includes('-balances'),
    );
    expect(ofBalances.flatMap(actionsOf)).toEqual(['dynamodb:GetItem']);
  });

  it('let a function that reads uploads write none, and list no other bucket', () => {
    const policies = ofFunctions(prod, 'AWS::IAM::Policy');
    const reader = policies.find((one) =>
      JSON.stringify(one.Properties.PolicyName).includes('postreconciliation'),
    );
    const statements: readonly { Action: string | string[]; Resource: unknown }[] =
      reader?.Properties.PolicyDocument.Statement ?? [];
    const actions = statements.flatMap(actionsOf).filter((action) => action.startsWith('s3:'));
    expect(actions.toSorted()).toEqual(['s3:GetObject', 's3:ListBucket']);
    const listing = statements.find((one) => actionsOf(one).includes('s3:ListBucket'));
    expect(JSON.stringify(listing?.Resource)).toMatch(/-uploads-/);
    expect(JSON.stringify(listing?.Resource)).not.toContain('*');
  });

  it('let relay, jobs and API in, each as its own role', () => {
    const functions = ofFunctions(prod, 'AWS::Lambda::Function');
    const userOf = (name: string) =>
      functions.find((one) => one.Properties.FunctionName.endsWith(name))?.Properties.Environment
        .Variables.ATLAS_POSTGRES_USER;
    expect(userOf('publish-outbox')).toBe('atlas_relay');
    expect(userOf('post-transfer')).toBe('atlas_api');
    expect(userOf('expire-holds')).toBe('atlas_jobs');
    expect(userOf('seal-audit-chain')).toBe('atlas_audit');
    expect(userOf('verify-audit-chain')).toBe('atlas_audit');
    expect(userOf('post-intake')).toBe('atlas_api');
    expect(userOf('resend-intakes')).toBe('atlas_jobs');
    for (const one of functions) {
      expect(one.Properties.Environment.Variables).not.toHaveProperty('ATLAS_POSTGRES_PASSWORD');
    }
  });
});

describe('the bucket of the anchors', () => {
  const bucketOf = (stage: typeof local) =>
    resourcesOf(templateOf(stage, 'data'), 'AWS::S3::Bucket').find(({ Properties }) =>
      JSON.stringify(Properties.BucketName).includes('audit-anchors'),
    );

  it.each([
    ['local', local, 'GOVERNANCE'],
    ['prod', prod, 'COMPLIANCE'],
  ] as const)('of %s keeps every version for its time', (_name, stage, Mode) => {
    const { days: Days } = stage.stage.anchorLock;
    expect(bucketOf(stage)?.Properties).toMatchObject({
      VersioningConfiguration: { Status: 'Enabled' },
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode, Days } } },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
    });
    expect(bucketOf(stage)?.Properties).not.toHaveProperty('LifecycleConfiguration');
  });

  it('is written to by the job that seals, which may not delete, and by nobody else', () => {
    const policies = ofFunctions(prod, 'AWS::IAM::Policy').filter((policy) =>
      JSON.stringify(policy).includes('audit-anchors'),
    );
    expect(policies.map(({ Properties }) => Properties.PolicyName)).toEqual([
      expect.stringContaining('sealauditchain'),
    ]);
    const actions = policies[0]?.Properties.PolicyDocument.Statement.flatMap(actionsOf).filter(
      (action: string) => action.startsWith('s3:'),
    );
    expect(actions).toEqual(['s3:GetObject', 's3:PutObject', 's3:ListBucket']);
  });
});

describe('webhooks', () => {
  const environmentsOf = (stage: typeof local) =>
    ofFunctions(stage, 'AWS::Lambda::Function').map(
      ({ Properties }) => Properties.Environment.Variables,
    );

  it('go to no address on AWS that is not public, whatever its stage says', () => {
    const trusted = (stage: typeof local) =>
      environmentsOf(stage).flatMap((one) => one.ATLAS_WEBHOOK_TRUSTED_ADDRESSES ?? []);
    expect(new Set(trusted(local))).toEqual(new Set(['127.0.0.1']));
    expect(trusted(prod)).toEqual([]);
    const { name, ...settings } = prod.stage;
    const wish = { ...settings, trustedWebhookAddresses: ['127.0.0.1'] };
    expect(() => parseStage(name, wish)).toThrow('trustedWebhookAddresses');
    expect(parseStage(name, settings)).toEqual(prod.stage);
  });

  it('have a key that only those are given who seal and open secrets', () => {
    const holders = ofFunctions(prod, 'AWS::Lambda::Function')
      .filter(
        ({ Properties }) => 'ATLAS_WEBHOOK_KEY_SECRET_ARN' in Properties.Environment.Variables,
      )
      .map(({ Properties }) => String(Properties.FunctionName).slice('atlas-prod-'.length));
    expect(holders.toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      'deliver-webhooks',
      'post-webhook-endpoint',
      'rotate-webhook-secret',
    ]);
    for (const one of environmentsOf(prod)) expect(one).not.toHaveProperty('ATLAS_WEBHOOK_KEY');
  });

  it('let whoever queues one start the worker, and no other function', () => {
    const calls = ofFunctions(prod, 'AWS::IAM::Policy')
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .filter((statement) => [statement.Action].flat().includes('lambda:InvokeFunction'));
    expect(calls).toHaveLength(3);
    for (const { Resource } of calls) {
      expect(JSON.stringify(Resource)).toContain(':function:atlas-prod-deliver-webhooks"');
    }
  });
});

describe('a stage that is protected', () => {
  it('keeps its databases and tables when it is told to delete them', () => {
    for (const cluster of resourcesOf(templateOf(prod, 'shards'), 'AWS::RDS::DBCluster')) {
      expect(cluster.Properties).toMatchObject({
        DeletionProtection: true,
        StorageEncrypted: true,
      });
    }
    for (const table of resourcesOf(templateOf(prod, 'data'), 'AWS::DynamoDB::Table')) {
      expect(table.Properties.DeletionProtectionEnabled).toBe(true);
      expect(table.Properties.SSESpecification.SSEEnabled).toBe(true);
    }
  });

  it('has two clusters with a writer and a reader each, that take prepared transactions', () => {
    const template = templateOf(prod, 'shards');
    expect(resourcesOf(template, 'AWS::RDS::DBCluster')).toHaveLength(2);
    expect(resourcesOf(template, 'AWS::RDS::DBInstance')).toHaveLength(4);
    expect(resourcesOf(template, 'AWS::RDS::DBProxy')).toHaveLength(2);
    const [parameters] = resourcesOf(template, 'AWS::RDS::DBClusterParameterGroup');
    expect(Number(parameters?.Properties.Parameters.max_prepared_transactions)).toBeGreaterThan(0);
  });

  it('consumes from Kafka with provisioned pollers, partial failures and a failure topic', () => {
    const [mapping] = resourcesOf(
      templateOf(prod, 'operations'),
      'AWS::Lambda::EventSourceMapping',
    );
    expect(mapping?.Properties).toMatchObject({
      ProvisionedPollerConfig: { MinimumPollers: 1 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      DestinationConfig: { OnFailure: { Destination: 'kafka://project-balances.failed.v1' } },
    });
  });

  it('hands queues to their functions in batches, with partial failures and a dead-letter queue', () => {
    const mappings = ofFunctions(prod, 'AWS::Lambda::EventSourceMapping');
    const all = resourcesOf(templateOf(prod, 'data'), 'AWS::SQS::Queue');
    const functions = ofFunctions(prod, 'AWS::Lambda::Function');
    expect(mappings).toHaveLength(queues.length);
    for (const row of queues) {
      const named = (name: string) =>
        all.find(({ Properties }) => Properties.QueueName === `atlas-prod-${name}`)?.Properties;
      const mapping = mappings.find(({ Properties }) =>
        JSON.stringify(Properties.EventSourceArn).includes(`:atlas-prod-${row.queue}"`),
      );
      const consumer = functions.find(({ Properties }) =>
        Properties.FunctionName.endsWith(`-${row.name}`),
      );
      expect(mapping?.Properties).toMatchObject({
        BatchSize: row.batchSize,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      });
      // More pollers than the function may run at a time would throttle messages to death.
      const { MaximumConcurrency } = mapping?.Properties.ScalingConfig ?? {};
      const { ReservedConcurrentExecutions, Timeout } = consumer?.Properties ?? {};
      expect(MaximumConcurrency).toBeLessThanOrEqual(ReservedConcurrentExecutions);
      expect(named(row.queue).VisibilityTimeout).toBeGreaterThanOrEqual(6 * Timeout);
      expect(named(row.queue).RedrivePolicy.maxReceiveCount).toBe(row.maxReceives);
      const keptFor = (name: string): number => named(name).MessageRetentionPeriod;
      expect(keptFor(`${row.queue}-dead`)).toBeGreaterThan(keptFor(row.queue));
    }
  });

  it('lets the sender of a queue only send, and its consumer only receive', () => {
    const policies = ofFunctions(prod, 'AWS::IAM::Policy');
    const queueActions = (name: string) =>
      policies
        .filter((one) => JSON.stringify(one.Properties.PolicyName).includes(name))
        .flatMap((one) => one.Properties.PolicyDocument.Statement)
        .flatMap((statement) => [statement.Action].flat())
        .filter((action: string) => action.startsWith('sqs:'));
    expect(queueActions('accepttransfer')).toEqual(['sqs:SendMessage']);
    expect(queueActions('postintake')).toEqual([
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
    ]);
  });

  it('migrates by a custom resource at each deployment', () => {
    const types = resourcesOf(templateOf(prod, 'migrations')).map((resource) => resource.Type);
    expect(types).toContain('AWS::CloudFormation::CustomResource');
    expect(triggers.map((trigger) => trigger.name)).toContain('migrate-shards');
  });
});
