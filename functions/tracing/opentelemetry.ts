/** Built into the bundles of stages that trace with OpenTelemetry, before everything else. */
import { atShutdown, flushTraces, stageConfig, tracingConfig, useTracer } from '@atlas/runtime';
import { openTelemetryTracer } from '@atlas/tracing/opentelemetry';

const { ATLAS_STAGE: stage, POWERTOOLS_SERVICE_NAME: service } = stageConfig();
const { ATLAS_TRACES_ENDPOINT: endpoint, ATLAS_TRACES_SHARE: share } = tracingConfig();

useTracer(openTelemetryTracer({ service, stage, endpoint, share }));
atShutdown(flushTraces);
