/** Mails and pages as people see them: in Chromium, on a phone and a desk, light and dark. Pictures land in test-results/. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderAlert } from '../../lib/report/alert.ts';
import { archiveOf } from '../../lib/report/archive.ts';
import { mailSettings } from '../../lib/report/mails.ts';
import { aBusyReport } from '../support/busy-report.ts';
import { root } from './support.ts';
import { find, needs } from './tools.ts';

const { missing, skip } = needs('chromium');
const pictures = join(root, 'test-results/screens');

describe.skipIf(skip)('what people see', () => {
  const pages = new Map<string, string>();
  let browser: Browser;

  beforeAll(async () => {
    expect(missing, 'tools that are missing').toEqual([]);
    mkdirSync(pictures, { recursive: true });
    const report = aBusyReport();
    const mail = mailSettings(report, 'https://reports.example.com');
    for (const { key, body } of await archiveOf({ report, snapshots: [], shelf: [], mail })) {
      if (key.endsWith('.html')) pages.set(key.replaceAll(/[/.]/g, '-'), new TextDecoder().decode(body));
    }
    const alert = await renderAlert(report, mail);
    if (alert !== null) pages.set('alert', alert.html);
    browser = await chromium.launch({
      executablePath: find('chromium') ?? '',
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
  });

  afterAll(() => browser?.close());

  it('has a digest, an alert, a page and two indexes', () => {
    expect(pages.size).toBe(5);
  });

  it.each([
    [320, 'light'],
    [375, 'light'],
    [375, 'dark'],
    [1280, 'light'],
    [1280, 'dark'],
  ] as const)('fits %i px, %s, and says nothing in the console', async (width, colorScheme) => {
    for (const [name, html] of pages) {
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
      const said: string[] = [];
      page.on('console', (message) => said.push(message.text()));
      page.on('pageerror', (error) => said.push(error.message));
      await page.setContent(html, { waitUntil: 'load' });
      const [wide, high] = (await page.evaluate(
        '[document.documentElement.scrollWidth, document.documentElement.scrollHeight]',
      )) as [number, number];
      await page.screenshot({ path: join(pictures, `${name}-${width}-${colorScheme}.png`), fullPage: true });
      expect(wide, `${name} is wider than the window`).toBeLessThanOrEqual(width);
      expect(high, name).toBeGreaterThan(200);
      expect(said, name).toEqual([]);
      await page.close();
    }
  });
});
