import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { pagePolicy } from '../../functions/services/page-policy.ts';
import type { Harness, Subject } from '../idempotency/conformance-case.ts';
import { conformanceCases } from '../idempotency/conformance-cases.ts';
import { isAbout, lacking, runCase } from '../idempotency/run-suite.ts';
import { openSubjects } from '../idempotency/subjects.ts';
import { deployedApi } from '../support/deployed-api.ts';

const deployed = deployedApi();

describe('the description of the deployed API', () => {
  it('is a page that runs what it was built with, and nothing else', async () => {
    const answer = await fetch(`${deployed.outputs.apiUrl}/v1/docs`);
    const html = await answer.text();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(html).toContain('SwaggerUIBundle(');
    // What came over the wire is what the hashes were made of.
    expect(answer.headers.get('content-security-policy')).toBe(pagePolicy(html));
    expect(html).not.toMatch(/<(script|link|img)[^>]+(src|href)="?(https?:)?\/\//);
  });

  it('leads from the page to the document', async () => {
    const page = `${deployed.outputs.apiUrl}/v1/docs`;
    const document = new URL('openapi.json', page);
    const { servers } = (await (await fetch(document)).json()) as { servers: { url: string }[] };
    const base = new URL(servers[0]?.url ?? '', document).href.replace(/\/$/, '');
    expect(base).toBe(deployed.outputs.apiUrl);
  });
});

describe('an Idempotency-Key of the deployed API', () => {
  const tenant = `keys-${randomUUID().slice(0, 8)}`;
  let harness: Harness;
  let subjects: readonly Subject[];

  beforeAll(async () => {
    harness = {
      url: deployed.outputs.apiUrl,
      token: await deployed.token({ tenant }),
      otherToken: await deployed.token({ tenant: `${tenant}-other` }),
    };
    subjects = await openSubjects(harness);
  });

  const overUrl = conformanceCases.filter(
    ({ needs }) => !needs.includes('faults') && !needs.includes('clock'),
  );

  it.each(overUrl)('$name', async (one) => {
    expect(lacking(harness, one)).toEqual([]);
    for (const subject of subjects.filter((each) => isAbout(one, each))) {
      const outcome = await runCase(harness, one, subject);
      expect({ subject: subject.name, outcome }).toEqual({
        subject: subject.name,
        outcome: { kind: 'passed' },
      });
    }
  });
});
