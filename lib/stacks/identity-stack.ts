import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import {
  FeaturePlan,
  Mfa,
  OAuthScope,
  ResourceServerScope,
  StandardThreatProtectionMode,
  UserPool,
} from 'aws-cdk-lib/aws-cognito';
import type { Construct } from 'constructs';
import { publish } from '../constructs/publish.ts';
import { names } from '../names.ts';
import type { AwsStage } from '../stage.ts';

/** As in functions/manifest.ts, with what each lets a caller do. */
const scopes = [
  ['ledger:read', 'Read accounts, balances and transfers'],
  ['ledger:write', 'Open accounts and move money'],
  ['webhooks:read', 'Read webhook endpoints, deliveries and monitors'],
  ['webhooks:write', 'Register webhook endpoints and monitors, and send again'],
  ['ops:read', 'Read what operators read'],
  ['ops:write', 'Do what operators do'],
] as const;

/**
 * AWS only: who may call. Each tenant has a machine client, whose tokens carry the tenant as a scope
 * `tenant/<name>` that no other client is allowed.
 */
export class IdentityStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & { readonly stage: AwsStage }) {
    super(scope, id, props);
    const { stage } = props;
    const pool = new UserPool(this, 'Pool', {
      userPoolName: names(stage).stack('callers'),
      featurePlan: FeaturePlan.PLUS,
      standardThreatProtectionMode: StandardThreatProtectionMode.FULL_FUNCTION,
      selfSignUpEnabled: false,
      mfa: Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: {
        minLength: 14,
        requireDigits: true,
        requireLowercase: true,
        requireUppercase: true,
        requireSymbols: true,
      },
      deletionProtection: stage.deletionProtection,
      removalPolicy: stage.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    pool.addDomain('Domain', {
      cognitoDomain: { domainPrefix: `${names(stage).stack('callers')}-${this.account}` },
    });
    const ledgerScopes = scopes.map(
      ([scopeName, scopeDescription]) => new ResourceServerScope({ scopeName, scopeDescription }),
    );
    const ledger = pool.addResourceServer('Atlas', { identifier: 'atlas', scopes: ledgerScopes });
    const tenantScopes = stage.tenants.map(
      (scopeName) =>
        new ResourceServerScope({ scopeName, scopeDescription: 'Act for this tenant' }),
    );
    const tenants = pool.addResourceServer('Tenants', {
      identifier: 'tenant',
      scopes: tenantScopes,
    });
    const clientIds = stage.tenants.map((tenant, i) => {
      const own = tenantScopes[i];
      const client = pool.addClient(`Client-${tenant}`, {
        userPoolClientName: tenant,
        generateSecret: true,
        accessTokenValidity: Duration.minutes(30),
        authFlows: {},
        oAuth: {
          flows: { clientCredentials: true },
          scopes: [
            ...ledgerScopes.slice(0, 4).map((one) => OAuthScope.resourceServer(ledger, one)),
            ...(own === undefined ? [] : [OAuthScope.resourceServer(tenants, own)]),
          ],
        },
      });
      return client.userPoolClientId;
    });
    publish(this, stage, {
      'auth/issuer': `https://cognito-idp.${this.region}.${this.urlSuffix}/${pool.userPoolId}`,
      'auth/audience': clientIds.join(','),
    });
  }
}
