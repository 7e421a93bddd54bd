/**
 * The CDK app. The stage is context: `cdk synth -c stage=prod`; default dev. Functions must have been
 * built (node tools/build-bundles.ts). The local stage reads where things are from the file that
 * ATLAS_LOCAL_CONFIG names, and deploys without a bootstrap stack: it only needs the bucket
 * cdk-hnb659fds-assets-<account>-<region>, and AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_S3
 * (localstack/deploy.ts sees to that). `synth` works offline for every stage, `deploy` for local:
 *
 *   cdk deploy --all -c stage=local --require-approval never
 */
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { addStacks } from '../lib/atlas-app.ts';
import { readStage } from '../lib/stage.ts';

const app = new App();
const stage = readStage(app.node.tryGetContext('stage') ?? 'dev');
addStacks(app, stage, { localEndpointsFile: process.env.ATLAS_LOCAL_CONFIG });
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
Validations.of(app).addPlugins(new ServerlessChecks(app));
