import {
  AdotLambdaLayerGenericVersion,
  Architecture,
  type ILayerVersion,
  LayerVersion,
} from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Endpoints } from '../endpoints.ts';
import { hasCollectorLayer, type Stage } from '../stage.ts';

/** The collector of AWS's distribution of OpenTelemetry: beside the function, it takes spans for X-Ray. */
export const collectorLayers = (scope: Construct, stage: Stage): ILayerVersion[] => {
  if (!hasCollectorLayer(stage)) return [];
  const arn = AdotLambdaLayerGenericVersion.V0_115_0.layerArn(scope, Architecture.ARM_64);
  return [LayerVersion.fromLayerVersionArn(scope, 'Collector', arn)];
};

/** Where a function sends its spans, how many of them, and whose log lines say more. */
export const tracingEnvironment = (
  { tracing, debugShare }: Stage,
  { tracesEndpoint }: Endpoints,
): Record<string, string> => {
  const collector =
    tracing.adapter === 'opentelemetry' ? (tracing.collector ?? tracesEndpoint) : undefined;
  return {
    ...(tracing.adapter === 'none' ? {} : { ATLAS_TRACES_SHARE: String(tracing.share) }),
    ...(collector === undefined ? {} : { ATLAS_TRACES_ENDPOINT: collector }),
    ...(debugShare === 0 ? {} : { ATLAS_DEBUG_SHARE: String(debugShare) }),
  };
};
