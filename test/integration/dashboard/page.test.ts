import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectivesOf } from '../../../lib/slo/objectives.ts';
import { readSlo } from '../../../lib/slo/slo-file.ts';
import {
  type ServedDashboard,
  serveDashboard,
} from '../../../localstack/dashboard/serve-dashboard.ts';
import { httpSource } from '../../../localstack/dashboard/source.ts';
import { watchSource } from '../../../localstack/dashboard/watch-source.ts';
import { atlasFolder } from '../../../localstack/paths.ts';
import { launchBrowser } from '../../support/browser.ts';
import { type FakeOperations, fakeOperations } from '../../support/dashboard/fake-operations.ts';

const everyMs = 5_000;
const screenshots = join(atlasFolder, 'screenshots');
const slo = readSlo();

let operations: FakeOperations;
let watch: ReturnType<typeof watchSource>;
let served: ServedDashboard;
let browser: Browser;
let page: Page;
/** What the page complained of, in whatever way. */
const complaints: string[] = [];
let atMs = Date.now() - 600 * everyMs;

/** Five seconds pass for the server, and it asks its source. */
const pass = async (): Promise<void> => {
  atMs += everyMs;
  await watch.ask(atMs);
};

/** Traffic as a busy afternoon has it: the same whenever the test runs. */
const traffic = (i: number): void => {
  const { figures } = operations;
  const swing = 1 + Math.sin(i / 8) / 2;
  const times = (count: number, one: (j: number) => void) => {
    for (let j = 0; j < Math.round(count * swing); j += 1) one(j);
  };
  times(120, (j) => figures.request('post-transfer', 4 + (j % 40), false));
  times(60, (j) => figures.request('read-balance', 2 + (j % 9), false));
  times(25, (j) =>
    figures.request('list-transfers', 15 + ((i * j) % 500), i % 30 === 0 && j === 0),
  );
  times(8, (j) => figures.request('read-trial-balance', 400 + ((i * j) % 3_000), false));
  times(5, () => figures.refuse('post-transfer', 'insufficient-funds'));
  times(180, (j) => figures.call('postgres-0', 1 + (j % 6)));
  times(90, (j) => figures.call('postgres-1', 1 + (j % 12)));
  times(30, (j) => figures.call('kafka', 3 + (j % 15)));
  times(30, (j) => figures.call('dynamodb', 2 + (j % 5)));
  for (const shard of ['0', '1']) {
    figures.set('atlas_outbox_waiting', { shard }, Math.round(12 * swing) + Number(shard));
    figures.set('atlas_outbox_oldest_age_milliseconds', { shard }, Math.round(180 * swing));
    figures.set('atlas_outbox_parked', { shard }, 0);
  }
  for (const group of ['project-balances', 'evaluate-monitors']) {
    const labels = { group, topic: 'ledger.account.v1' };
    figures.set('atlas_consumer_lag_records', labels, Math.round(20 * swing));
  }
};

const breaker = (dependency: string, isOpen: boolean): void =>
  operations.figures.set('atlas_breaker_open', { dependency }, isOpen ? 1 : 0);

const text = (selector: string): Promise<string> =>
  page.locator(selector).innerText({ timeout: 20_000 });

/** Waits until the page shows it: the page asks by itself, every second. */
const shows = async (selector: string, words: string): Promise<void> => {
  await page.locator(selector, { hasText: words }).first().waitFor({ timeout: 20_000 });
};

beforeAll(async () => {
  operations = await fakeOperations(async (token) => token === 'good');
  for (const name of ['postgres-0', 'postgres-1', 'kafka', 'dynamodb', 'valkey']) {
    operations.checks.set(name, 3);
  }
  const source = httpSource(operations.url, async () => 'good', 10_000);
  watch = watchSource(source, { slo, objectives: objectivesOf(slo), everyMs });
  served = await serveDashboard(watch.state, 0);
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: { width: 1_280, height: 900 }, locale: 'en-GB' });
  page.on('console', (message) => {
    if (message.type() !== 'log') complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => complaints.push(`${request.url()} failed`));
  mkdirSync(screenshots, { recursive: true });
});

afterAll(async () => {
  await browser?.close();
  await served?.close();
  await operations?.close();
});

describe('the dashboard in a browser', () => {
  it('says that nothing is known before the first answer', async () => {
    await page.goto(served.url);
    await shows('header', 'unasked');
    await shows('[data-tier="critical"]', 'Nobody called.');
    await shows('section', 'No figures yet.');
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('shows that there is no traffic', async () => {
    await pass();
    await pass();
    await shows('header', 'answering');
    await shows('[data-tier="critical"] summary', 'functions that nobody called');
    await page.locator('[data-tier="critical"] summary').click();
    expect(await text('[data-function="post-transfer"]')).toContain('no traffic');
    await page.locator('[data-tier="critical"] summary').click();
  });

  it('shows rates, percentiles, what is left of budgets, lag and partitions', async () => {
    for (const name of ['postgres-0', 'postgres-1', 'kafka', 'dynamodb']) breaker(name, false);
    for (let i = 0; i < 120; i += 1) {
      traffic(i);
      await pass();
    }
    const { tiers } = watch.state();
    const posted = tiers
      .flatMap(({ functions }) => functions)
      .find(({ name }) => name === 'post-transfer');
    await shows('[data-function="post-transfer"]', (posted?.requests ?? 0).toLocaleString('en'));
    expect(await text('[data-function="post-transfer"]')).toContain('100 %');
    expect(await text('[data-function="list-transfers"]')).toContain('overspent');
    expect(await text('[data-function="read-trial-balance"]')).toMatch(/kept|slow/);
    expect(await text('[data-shard="0"]')).toMatch(/answers in 3 ms/);
    expect(await text('[data-consumer="project-balances"]')).toContain('ledger.account.v1');
    expect(await text('[data-dependency="kafka"]')).toContain('closed');
  });

  it('draws a chart with text for each family, new ones included', async () => {
    operations.figures.set('atlas_moons_visible', { planet: 'jupiter' }, 4);
    await pass();
    await shows('[data-panel="atlas_moons_visible"]', 'jupiter: 4');
    const drawn = await page.locator('figure canvas').evaluateAll((all) =>
      (
        all as unknown as {
          width: number;
          height: number;
          getContext: (kind: string) => {
            getImageData: (...box: number[]) => { data: Uint8ClampedArray };
          };
        }[]
      ).map((canvas) => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return data.some((value) => value !== 0);
      }),
    );
    expect(drawn).toHaveLength(watch.state().panels.length);
    expect(new Set(drawn)).toEqual(new Set([true]));
  });

  it('is legible in light and in dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({
        path: join(screenshots, `dashboard-${colorScheme}.png`),
        fullPage: true,
      });
      const [page_, ink] = (await page.evaluate(
        'const s = getComputedStyle(document.body); [s.backgroundColor, s.color]',
      )) as [string, string];
      expect(contrast(page_, ink)).toBeGreaterThan(7);
    }
  });

  it('shows a breaker that opens, and a shard that does not answer', async () => {
    breaker('kafka', true);
    operations.checks.set('postgres-1', undefined);
    await pass();
    await shows('[data-dependency="kafka"]', 'open');
    await shows('[data-shard="1"]', 'does not answer');
    breaker('kafka', false);
    await pass();
    await shows('[data-dependency="kafka"]', 'closed');
    expect(await text('[data-shard="1"]')).toContain('in 2 s');
  });

  it('says since when it is out of date, when the API falls silent, and takes it back', async () => {
    operations.isDown = true;
    await pass();
    await page.getByRole('alert').waitFor();
    const since = new Date(watch.state().source.answeredAtMs ?? 0);
    const banner = await page.getByRole('alert').innerText();
    expect(banner).toContain('/v1/ops/metrics answered 503');
    expect(banner).toContain(since.toLocaleTimeString('en', { hour12: false }));
    expect(await text('[data-dependency="kafka"]')).toContain('unknown');
    await page.screenshot({ path: join(screenshots, 'dashboard-silent.png') });
    operations.isDown = false;
    await pass();
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });

  it('complains of nothing, and loads nothing from elsewhere', () => {
    expect(complaints).toEqual([]);
  });

  it('says so when its own server is gone', async () => {
    await served.close();
    await page.getByRole('alert').waitFor();
    expect(await text('[role="alert"]')).toContain('The server of this page does not answer');
  });
});

/** The contrast of two colours after WCAG 2, from 1 to 21. */
const contrast = (one: string, other: string): number => {
  const luminance = (colour: string): number => {
    const [red = 0, green = 0, blue = 0] = (colour.match(/\d+/g) ?? []).map((text_) => {
      const share = Number(text_) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};
