import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { pagePolicy } from '../../../functions/services/page-policy.ts';
import { docsPage } from '../../../tools/docs-page.ts';

const html = docsPage();
const policy = pagePolicy(html);

const allowed = (text: string): boolean =>
  policy.includes(`'sha256-${hash('sha256', text, 'base64')}'`);

const partsOf = (tag: 'script' | 'style'): readonly string[] =>
  // As a browser reads it: an element lasts until it is closed, whatever its text looks like.
  [...html.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))].map(([, text = '']) => text);

describe('the page of the API description', () => {
  it('has everything inside, and fits into an answer of Lambda', () => {
    expect(html).not.toMatch(/<(script|link|img|iframe)[^>]*(src|href)="?(https?:)?\/\//);
    expect(Buffer.byteLength(JSON.stringify(html))).toBeLessThan(5 * 1024 * 1024);
  });

  it('may run its own scripts and styles, and no other', () => {
    expect([partsOf('script').length, partsOf('style').length]).toEqual([2, 1]);
    for (const part of [...partsOf('script'), ...partsOf('style')]) {
      expect(allowed(part)).toBe(true);
      expect(allowed(`${part} `)).toBe(false);
    }
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
  });

  it('is found with its document wherever it is deployed', () => {
    expect(html).toContain("url: 'openapi.json'");
  });
});
