import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { background, searchConfig } from '@atlas/runtime';
import { triggers } from '../manifest.ts';
import { configureDomain } from '../services/logs/search-domain.ts';
import { searchRequests } from '../services/logs/search-files.ts';
import { rowOf } from '../services/row-of.ts';

const settings = rowOf(triggers, 'configure-search');

/** What CloudFormation's custom resource framework (a Provider) hands to its handler. */
interface ResourceEvent {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
}

/**
 * Puts the index template, the retention, the role of the writer and the dashboards into the domain, at each
 * deployment that changes them. Deleting the stack leaves the domain alone.
 */
export const handler = background(settings, async (event: ResourceEvent, run) => {
  const done = { PhysicalResourceId: settings.name };
  if (event.RequestType === 'Delete') return done;
  const config = searchConfig();
  const { getSecret } = await import('@aws-lambda-powertools/parameters/secrets');
  const secret = await getSecret(config.ATLAS_SEARCH_SECRET_ARN, {
    transform: 'json',
    forceFetch: true,
  });
  const { username, password } = secret as { username: string; password: string };
  const file = (name: string) => readFile(join(__dirname, 'search', name), 'utf8');
  const requests = searchRequests(
    {
      retentionDays: config.ATLAS_SEARCH_RETENTION_DAYS,
      writerRoleArn: config.ATLAS_SEARCH_WRITER_ROLE_ARN,
    },
    {
      template: JSON.parse(await file('index-template.json')),
      savedObjects: await file('dashboards.ndjson'),
    },
  );
  await configureDomain({ url: config.ATLAS_SEARCH_URL, user: username, password }, requests);
  run.count('SearchRequests', requests.length);
  return done;
});
