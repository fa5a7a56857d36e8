import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { anchor } from '../../lib/report/blocks.ts';
import { MAX_ENCODED_BYTES, renderDigest } from '../../lib/report/digest.ts';
import { encodedSize } from '../../lib/report/mime-size.ts';
import { aBusyReport, aBusyTarget } from '../support/busy-report.ts';
import { HOSTILE, hostile } from '../support/hostile.ts';
import { attributesOf, parsed } from '../support/html.ts';
import { anOpportunity, aRegression, aReport, aTargetReport } from '../support/report.ts';

const linked = {
  pageUrl: (target: string) => `https://hunt.example/reports/${encodeURIComponent(target)}/2026-W47/index.html`,
};
const unlinked = { pageUrl: () => null };

describe('the golden digest', () => {
  test.each(['html', 'text', 'subject'] as const)('%s is as reviewed (UPDATE_GOLDEN=1 rewrites it)', async (part) => {
    const digest = await renderDigest(aBusyReport(), linked);
    const file = new URL(`../golden/digest.${part === 'text' ? 'txt' : part}`, import.meta.url);
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, digest[part]);
    expect(digest[part]).toBe(readFileSync(file, 'utf8'));
  });
});

describe('what a digest says', () => {
  test('the verdict comes first, with its cause', async () => {
    const { html, text } = await renderDigest(aBusyReport(), linked);
    const h1 = parsed(html).elements.filter(({ tagName }) => tagName === 'h1');
    expect(h1).toHaveLength(1);
    expect(text.indexOf('each call reads 5.1 times')).toBeLessThan(text.indexOf('Total Optimization Opportunities'));
  });

  test('each recommendation links to its permanent anchor, and no statement to run is in the mail', async () => {
    const { html, text } = await renderDigest(aBusyReport(), linked);
    const [first] = aBusyTarget().opportunities;
    expect(attributesOf(html, 'href')).toContain(`${linked.pageUrl('shop')}#${anchor('o', first?.key ?? '')}`);
    for (const step of aBusyTarget().opportunities.flatMap(({ steps }) => steps)) {
      if (step.sql === undefined) continue;
      expect(html).not.toContain(step.sql.slice(0, 25));
      expect(text).not.toContain(step.sql.slice(0, 25));
    }
  });

  test('without an address the archive key is named and nothing is linked', async () => {
    const { html, text } = await renderDigest(aBusyReport(), unlinked);
    expect(attributesOf(html, 'href')).toEqual([]);
    expect(text).toContain('reports/shop/2026-W47/index.html');
  });

  test('every headline number of the HTML is in the plain text', async () => {
    const { html, text } = await renderDigest(aBusyReport(), linked);
    for (const number of ['22–43 %', '9.3 days', '8.4 h', 'between 40 % and 80 %', 'between 62 % and 70 %']) {
      expect(parsed(html).text.replaceAll('\u00A0', ' ').toLowerCase()).toContain(number);
      expect(text.replace(/\s+/g, ' ').toLowerCase()).toContain(number);
    }
  });

  test('checks that could not look are named, and never counted as healthy', async () => {
    const { text } = await renderDigest(aBusyReport(), linked);
    expect(text).toContain('Could not be checked: 2: cpu-pressure, cache-misses');
    expect(text).toMatch(/Checked and healthy: 2: duplicate-index, stale-statistics\n/);
  });

  test('of many targets the worst three are told in full, the others on a line, the failed by name', async () => {
    const targets = ['a', 'b', 'c', 'd'].map((target) => aTargetReport({ target }));
    const worst = aBusyTarget({ target: 'z' });
    const report = aReport({ targets: [...targets, worst], failures: [{ target: 'lost', why: 'connection refused' }] });
    const { text, subject } = await renderDigest(report, unlinked);
    expect(subject).toMatch(/^Worse: .* · 5 databases, 1 not hunted · 2026-W47$/);
    expect(text.match(/^Total Optimization/gm)).toHaveLength(3);
    expect(text.indexOf('\nz\n-')).toBeLessThan(text.indexOf('\na\n-'));
    expect(text).toContain('- d: 1 opportunity');
    expect(text).toContain('- lost: connection refused');
  });

  test.each([
    ['regressions', aBusyReport(), 'Worse: SELECT on orders is 2.6 times slower per call (+1) · shop · 2026-W47'],
    ['opportunities', aReport(), '1 opportunity, between 18 % and 36 % of database time · shop · 2026-W47'],
    [
      'nothing at all',
      aReport({
        targets: [
          aTargetReport({ opportunities: [], coverage: [{ advisor: 'a', area: 'index', state: 'clear', why: 'x' }] }),
        ],
      }),
      'Steady: nothing to do · shop · 2026-W47',
    ],
    [
      'only blind checks',
      aReport({
        targets: [
          aTargetReport({ opportunities: [], coverage: [{ advisor: 'a', area: 'index', state: 'blind', why: 'x' }] }),
        ],
      }),
      'Cannot tell: no check could look · shop · 2026-W47',
    ],
  ])('the subject brings the news of %s first', async (_, report, subject) => {
    expect((await renderDigest(report, linked)).subject).toBe(subject);
  });
});

describe('a digest of hostile names', () => {
  test('has exactly the elements of a friendly one, and shows the names as text', async () => {
    const tame = parsed((await renderDigest(aBusyReport(), unlinked)).html);
    const { html, text, subject } = await renderDigest(hostile(aBusyReport()), unlinked);
    const wild = parsed(html);
    expect(wild.counts).toEqual(tame.counts);
    expect(wild.counts.img).toBeUndefined();
    expect(wild.text).toContain('<img src=x onerror=1></mj-text>');
    expect(text).toContain('<img src=x onerror=1></mj-text>');
    for (const said of [html, text, subject]) expect(said).not.toContain('\u202E');
  });

  test('has a subject of one line', async () => {
    const report = aReport({ targets: [aTargetReport({ target: 'x\r\nBcc: all@example.com' })] });
    expect((await renderDigest(report, unlinked)).subject).not.toMatch(/[\r\n]/);
  });

  test('has no link that leaves the archive', async () => {
    const { html } = await renderDigest(hostile(aBusyReport()), { pageUrl: () => 'javascript:alert(1)' });
    expect(attributesOf(html, 'href')).toEqual([]);
    expect(attributesOf(html, 'onerror')).toEqual([]);
  });
});

describe('the size of a digest', () => {
  const long = (sign: string) => sign.repeat(2000);
  const largest = (sign: string) => {
    const target = (name: string) =>
      aBusyTarget({
        target: `${name}-${long(sign)}`,
        summary: { ...aBusyTarget().summary, headline: long(sign), top: ['0', '1', '2'] },
        opportunities: [0, 1, 2].map((at) =>
          anOpportunity({ key: String(at), title: long(sign), maintenanceWindow: long(sign) }),
        ),
        regressions: [0, 1, 2, 3, 4].map((at) =>
          aRegression({ key: String(at), title: long(sign), cause: [{ kind: 'plan', share: 1, text: long(sign) }] }),
        ),
      });
    const names = Array.from({ length: 60 }, (_, at) => `t${at}`);
    return aReport({ targets: names.map(target), failures: names.map((one) => ({ target: one, why: long(sign) })) });
  };

  test('of an ordinary week is far below the target of 40 KB', async () => {
    expect(encodedSize((await renderDigest(aBusyReport(), linked)).html)).toBeLessThan(40 * 1024);
  });

  test.each([['w'], ['写'], ['"'], ['👍']])(
    'never passes 60 KB, even when everything is %s and too long',
    async (sign) => {
      const { html } = await renderDigest(largest(sign), linked);
      expect(encodedSize(html)).toBeLessThanOrEqual(MAX_ENCODED_BYTES);
      expect(MAX_ENCODED_BYTES).toBeLessThanOrEqual(60 * 1024);
      expect(parsed(html).counts.table).toBeGreaterThan(1);
    },
  );
});

test('a mail carries nothing that clients refuse or fetch', async () => {
  const { html } = await renderDigest(aBusyReport(), linked);
  const { counts } = parsed(html);
  for (const tag of ['svg', 'script', 'link', 'iframe', 'form', 'img']) expect(counts[tag]).toBeUndefined();
  expect(html).not.toMatch(/var\(|@import|data:|display:\s*(flex|grid)|fonts\.googleapis/);
  expect(parsed(html).elements.find(({ tagName }) => tagName === 'html')?.attrs).toContainEqual({
    name: 'lang',
    value: 'en',
  });
});

test('the hostile text is what it claims to be', () => expect(HOSTILE).toContain('</mj-text>'));
