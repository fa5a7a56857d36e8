import { describe, expect, test } from 'vitest';
import type { TargetReport } from '../../lib/model/report.ts';
import { renderDigest } from '../../lib/report/digest.ts';
import { renderPage } from '../../lib/report/page.ts';
import { coverWords, scaledFrom } from '../../lib/report/spans.ts';
import { anOpportunity, aReport, aTargetReport, noNav } from '../support/report.ts';

const { window } = aReport();
const spansOf = (...lengths: readonly (readonly ['statement' | 'table' | 'server', number])[]) => ({
  spans: lengths.map(([kind, seconds]) => ({
    kind,
    start: new Date(Date.parse(window.end) - seconds * 1000).toISOString(),
    end: window.end,
    source: 'postgres' as const,
    basis: 'statistics-reset' as const,
  })),
});
const withSpans = (over: Pick<TargetReport['quality'], 'spans'>) => ({ ...aTargetReport().quality, ...over });

describe('what the counters really cover', () => {
  test('the window, within a fifth, needs no word', () => {
    expect(coverWords(spansOf(['statement', 6 * 86_400], ['table', 8 * 86_400]), window)).toBeNull();
    expect(scaledFrom(spansOf(['statement', 6 * 86_400]), window)).toBeNull();
    expect(coverWords({}, window)).toBeNull();
  });

  test('seconds, or months, are said once where all kinds cover the same', () => {
    const words = coverWords(spansOf(['statement', 4], ['table', 4]), window);
    expect(words?.replaceAll('\u00A0', ' ')).toBe('counters cover 4 s, not the window; rates are scaled to a week');
    expect(scaledFrom(spansOf(['statement', 4]), window)?.replaceAll('\u00A0', ' ')).toBe('4 s');
  });

  test('kinds that cover different times are told apart', () => {
    const words = coverWords(spansOf(['statement', 4], ['table', 90 * 86_400]), window);
    expect(words?.replaceAll('\u00A0', ' ')).toContain('cover 4 s (statement), 90 days (table), not');
  });

  test('digest and page both say it, beside the database time and among the sources', async () => {
    const target = aTargetReport({ quality: withSpans(spansOf(['statement', 4])) });
    const report = aReport({ targets: [target] });
    const flat = (text: string) => text.replace(/[\s\u00A0]+/g, ' ');
    const { text } = await renderDigest(report, { pageUrl: () => null });
    expect(flat(text)).toContain('counters cover 4 s, not the window');
    const page = flat(JSON.stringify(renderPage(report, target, noNav)));
    expect(page).toContain('ounters cover 4 s, not the window');
  });

  test('an item that only looks is told apart from what the total counts', async () => {
    const shareOfDbTime = { low: 0, likely: 0.15, high: 0.33 };
    const look = anOpportunity({ benefit: { ...anOpportunity().benefit, shareOfDbTime, counted: false } });
    const { text } = await renderDigest(aReport({ targets: [aTargetReport({ opportunities: [look] })] }), {
      pageUrl: () => null,
    });
    const flat = text.replace(/[\s\u00A0]+/g, ' ');
    expect(flat).toContain('1 item that only looks is not in it');
    expect(flat).toContain('if looking leads to a change; not in the total');
  });
});
