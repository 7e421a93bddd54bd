/** Built into the bundles of stages that trace with X-Ray, before everything else. */
import { atShutdown, flushTraces, stageConfig, tracingConfig, useTracer } from '@atlas/runtime';
import { xrayTracer } from '@atlas/tracing/xray';

const { POWERTOOLS_SERVICE_NAME: service } = stageConfig();
const { ATLAS_TRACES_SHARE: share } = tracingConfig();

useTracer(xrayTracer({ service, share }));
atShutdown(flushTraces);
