import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { configureDomain } from '../../../functions/services/logs/search-domain.ts';
import { searchRequests } from '../../../functions/services/logs/search-files.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'functions', 'search');
const template = JSON.parse(readFileSync(join(folder, 'index-template.json'), 'utf8'));
const savedObjects = readFileSync(join(folder, 'dashboards.ndjson'), 'utf8');
const writerRoleArn = 'arn:aws:iam::123456789012:role/writer';
const requests = searchRequests({ retentionDays: 30, writerRoleArn }, { template, savedObjects });

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly authorization: string;
  readonly body: string;
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A domain on 127.0.0.1 that remembers what it was asked, and its policy. */
const domain = async (refuse: (asked: Asked) => string | undefined = () => undefined) => {
  const all: Asked[] = [];
  let revision: number | undefined;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const asked = {
      method: request.method ?? '',
      path: request.url ?? '',
      authorization: request.headers.authorization ?? '',
      body: Buffer.concat(parts).toString(),
    };
    all.push(asked);
    const send = (status: number, body: unknown) =>
      response.writeHead(status).end(JSON.stringify(body));
    const { pathname, searchParams } = new URL(asked.path, 'http://domain');
    const refused = refuse(asked);
    if (refused !== undefined) response.writeHead(200).end(refused);
    else if (!pathname.startsWith('/_plugins/_ism')) send(200, { success: true });
    else if (asked.method === 'GET') {
      if (revision === undefined) send(404, { error: 'Policy not found' });
      else send(200, { _seq_no: revision, _primary_term: 1 });
    } else if (searchParams.get('if_seq_no') !== (revision?.toString() ?? null)) {
      send(409, { error: 'version conflict, document already exists' });
    } else {
      revision = (revision ?? -1) + 1;
      send(200, {});
    }
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const signedIn = { url: `http://127.0.0.1:${port}`, user: 'atlas', password: 'secret' };
  return { all, signedIn };
};

describe('setting up the search domain', () => {
  it('signs in, and puts the role before the template and both before the dashboards', async () => {
    const { all, signedIn } = await domain();
    await configureDomain(signedIn, requests);
    expect(all.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'PUT /_plugins/_security/api/roles/atlas_log_writer',
      'PUT /_plugins/_security/api/rolesmapping/atlas_log_writer',
      'PUT /_index_template/atlas-logs',
      'GET /_plugins/_ism/policies/atlas-logs',
      'PUT /_plugins/_ism/policies/atlas-logs',
      'POST /_dashboards/api/saved_objects/_import?overwrite=true',
    ]);
    const basic = `Basic ${btoa('atlas:secret')}`;
    expect(new Set(all.map(({ authorization }) => authorization))).toEqual(new Set([basic]));
    expect(JSON.parse(all[1]?.body ?? '')).toEqual({ backend_roles: [writerRoleArn] });
    expect(all.at(-1)?.body).toContain(savedObjects.trim());
  });

  it('can be done again: a policy that exists is replaced by its revision', async () => {
    const { all, signedIn } = await domain();
    await configureDomain(signedIn, requests);
    await configureDomain(signedIn, requests);
    expect(all.map(({ path }) => path)).toContain(
      '/_plugins/_ism/policies/atlas-logs?if_seq_no=0&if_primary_term=1',
    );
  });

  it('fails with what it was about, also when an import says so in an answer of 200', async () => {
    const { signedIn } = await domain(({ path }) =>
      path.startsWith('/_dashboards') ? '{"success":false,"errors":[{"id":"x"}]}' : undefined,
    );
    await expect(configureDomain(signedIn, requests)).rejects.toThrow(
      'the dashboards: 200 {"success":false',
    );
  });
});

interface SavedObject {
  readonly id: string;
  readonly type: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly references: readonly {
    readonly id: string;
    readonly type: string;
    readonly name: string;
  }[];
}

const objects = savedObjects
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as SavedObject);

/** Names of fields of the template, `error.name` and such among them. */
const fieldsIn = (properties: Record<string, { properties?: never }>, prefix = ''): string[] =>
  Object.entries(properties).flatMap(([name, { properties: below }]) => [
    `${prefix}${name}`,
    ...(below === undefined ? [] : fieldsIn(below, `${prefix}${name}.`)),
  ]);

describe('the saved dashboards', () => {
  it('refer to what is in the file, and a dashboard to each of its panels', () => {
    const known = new Set(objects.map(({ type, id }) => `${type} ${id}`));
    expect(known.size).toBe(objects.length);
    for (const { references } of objects) {
      for (const { type, id } of references) expect(known).toContain(`${type} ${id}`);
    }
    const dashboards = objects.filter(({ type }) => type === 'dashboard');
    expect(dashboards).toHaveLength(2);
    for (const { attributes, references } of dashboards) {
      const panels = JSON.parse(attributes.panelsJSON ?? '[]') as { panelRefName: string }[];
      expect(panels.map(({ panelRefName }) => panelRefName)).toEqual(
        references.map(({ name }) => name),
      );
    }
  });

  it('ask for fields that documents have, and that can be aggregated', () => {
    const { mappings } = template.template;
    const known = fieldsIn(mappings.properties);
    const asked = objects
      .flatMap(({ attributes }) => JSON.parse(attributes.visState ?? '{"aggs":[]}').aggs)
      .flatMap(({ params }: { params: { field?: string } }) => params.field ?? []);
    expect(asked.length).toBeGreaterThan(5);
    for (const field of new Set(asked)) {
      expect(field.startsWith('metrics.') || known.includes(field) ? 'known' : field).toBe('known');
    }
    const pattern = objects.find(({ type }) => type === 'index-pattern');
    expect(template.index_patterns).toEqual([pattern?.attributes.title]);
    expect(known).toContain(pattern?.attributes.timeFieldName);
  });
});

describe('retention', () => {
  it('deletes an index a day after its day is old enough, of the pattern of the template', () => {
    const { body } = requests.find(({ what }) => what === 'the retention policy') ?? {};
    expect(body).toMatchObject({
      policy: {
        states: [
          { transitions: [{ state_name: 'deleted', conditions: { min_index_age: '31d' } }] },
          { name: 'deleted', actions: [{ delete: {} }] },
        ],
        ism_template: [{ index_patterns: template.index_patterns }],
      },
    });
  });
});
