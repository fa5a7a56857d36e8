/** Mails and pages of every state as people see them: in Chromium, on a phone and a desk, light and dark. Pictures land in test-results/. */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesOf } from '../support/preview.ts';
import { states } from '../support/states.ts';
import { root } from './support.ts';
import { find, needs } from './tools.ts';

const { missing, skip } = needs('chromium');
const pictures = join(root, 'test-results/screens');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const off = { enabled: false };

/** Of one state: its newest page of a target, its indexes and its mails. */
async function documentsOf(state: string): Promise<ReadonlyMap<string, string>> {
  const make = states[state];
  if (make === undefined) throw new Error(`no state ${state}`);
  const html = (await filesOf(make())).filter(({ path }) => path.endsWith('.html'));
  const report = html.find(({ path }) => /^reports\/[^/]+\/2026-W47\/index/.test(path));
  const folder = report === undefined ? null : report.path.split('/').slice(0, 2).join('/');
  const shown = html.filter(
    ({ path }) =>
      path === report?.path || path === `${folder}/index.html` || /^(index|method|mail\/[\w-]+)\.html$/.test(path),
  );
  const name = (path: string) => (path === report?.path ? 'page' : path === `${folder}/index.html` ? 'weeks' : path);
  return new Map(shown.map(({ path, body }) => [name(path).replaceAll(/[/.]/g, '-'), new TextDecoder().decode(body)]));
}

describe.skipIf(skip)('what people see', () => {
  let browser: Browser;

  beforeAll(async () => {
    expect(missing, 'tools that are missing').toEqual([]);
    mkdirSync(pictures, { recursive: true });
    browser = await chromium.launch({
      executablePath: find('chromium') ?? '',
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
  });

  afterAll(() => browser?.close());

  describe.each(Object.keys(states))('in the state %s', (state) => {
    let documents: ReadonlyMap<string, string>;
    beforeAll(async () => {
      documents = await documentsOf(state);
    });

    it('has an index and a digest', () => {
      expect([...documents.keys()]).toEqual(expect.arrayContaining(['index-html', 'mail-digest-html']));
    });

    it.each([
      [320, 'light'],
      [375, 'light'],
      [375, 'dark'],
      [1280, 'light'],
      [1280, 'dark'],
    ] as const)('fits %i px, %s, and says nothing in the console', async (width, colorScheme) => {
      for (const [name, html] of documents) {
        const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
        const said: string[] = [];
        page.on('console', (message) => said.push(message.text()));
        page.on('pageerror', (error) => said.push(error.message));
        await page.setContent(html, { waitUntil: 'load' });
        const [wide, high] = (await page.evaluate(
          '[document.documentElement.scrollWidth, document.documentElement.scrollHeight]',
        )) as [number, number];
        const path = join(pictures, `${state}-${name}-${width}-${colorScheme}.png`);
        // Of a page that is longer than a picture may be, its beginning.
        await page.screenshot({ path, ...(high > 16_000 ? {} : { fullPage: true }) });
        expect(wide, `${name} is wider than the window`).toBeLessThanOrEqual(width);
        expect(high, name).toBeGreaterThan(100);
        expect(said, name).toEqual([]);
        await page.close();
      }
    });

    it.each(['light', 'dark'] as const)('has nothing that axe objects to, %s', async (colorScheme) => {
      for (const [name, html] of documents) {
        // The page's own policy forbids every script, axe too.
        const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme, bypassCSP: true });
        await page.setContent(html, { waitUntil: 'load' });
        await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');
        await page.evaluate(axe);
        // A mail is a part of its reader's page, which has the landmarks.
        const rules = name.startsWith('mail') ? { region: off, 'landmark-one-main': off } : {};
        const { violations, passes } = (await page.evaluate(`axe.run(document, ${JSON.stringify({ rules })})`)) as {
          violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
          passes: { id: string }[];
        };
        const told = violations.map(
          ({ id, nodes }) => `${id} ×${nodes.length}: ${nodes[0]?.html.slice(0, 160)} ${nodes[0]?.failureSummary}`,
        );
        expect(told, name).toEqual([]);
        expect(
          passes.map(({ id }) => id),
          name,
        ).toContain('color-contrast');
        await page.close();
      }
    });
  });
});
