/** What is put into the domain at a deployment, made of what the stage says. */
export interface SearchSettings {
  /** How long documents are kept. */
  readonly retentionDays: number;
  /** The role as which Firehose writes. */
  readonly writerRoleArn: string;
}

export interface SearchRequest {
  readonly what: string;
  readonly method: 'PUT' | 'POST' | 'GET';
  readonly path: string;
  /** JSON, or a file of saved objects. */
  readonly body?: unknown;
  readonly savedObjects?: string;
}

const indexPattern = 'atlas-logs-*';
const role = 'atlas_log_writer';

const writerRole = {
  cluster_permissions: ['cluster_composite_ops', 'cluster_monitor'],
  index_permissions: [
    { index_patterns: [indexPattern], allowed_actions: ['create_index', 'crud', 'manage'] },
  ],
};

/** Deletes an index when its youngest document is as old as documents may be: one index has one day. */
export const retentionPolicy = (retentionDays: number) => ({
  policy: {
    description: `Deletes logs after ${retentionDays} days`,
    default_state: 'kept',
    states: [
      {
        name: 'kept',
        actions: [],
        transitions: [
          { state_name: 'deleted', conditions: { min_index_age: `${retentionDays + 1}d` } },
        ],
      },
      { name: 'deleted', actions: [{ delete: {} }], transitions: [] },
    ],
    ism_template: [{ index_patterns: [indexPattern], priority: 100 }],
  },
});

export const retentionPath = '/_plugins/_ism/policies/atlas-logs';

/** The requests that make the domain ready, in their order; each may be made again. */
export const searchRequests = (
  { retentionDays, writerRoleArn }: SearchSettings,
  files: { readonly template: unknown; readonly savedObjects: string },
): readonly SearchRequest[] => [
  {
    what: 'the role of the writer',
    method: 'PUT',
    path: `/_plugins/_security/api/roles/${role}`,
    body: writerRole,
  },
  {
    what: 'who has that role',
    method: 'PUT',
    path: `/_plugins/_security/api/rolesmapping/${role}`,
    body: { backend_roles: [writerRoleArn] },
  },
  {
    what: 'the index template',
    method: 'PUT',
    path: '/_index_template/atlas-logs',
    body: files.template,
  },
  {
    what: 'the retention policy',
    method: 'PUT',
    path: retentionPath,
    body: retentionPolicy(retentionDays),
  },
  {
    what: 'the dashboards',
    method: 'POST',
    path: '/_dashboards/api/saved_objects/_import?overwrite=true',
    savedObjects: files.savedObjects,
  },
];
