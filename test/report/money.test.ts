import { describe, expect, it } from 'vitest';
import type { Money } from '../../lib/model/money.ts';
import { renderDigest } from '../../lib/report/digest.ts';
import { plain } from '../../lib/report/format.ts';
import { moneyWords, sum } from '../../lib/report/money.ts';
import { renderPage } from '../../lib/report/page.ts';
import { parsed } from '../support/html.ts';
import { anOpportunity, aReport, aTargetReport, noNav } from '../support/report.ts';

const money = (over: Partial<Money> = {}): Money => ({
  currency: 'EUR',
  perQuarter: { low: 1234, likely: 2345, high: 3456 },
  cost: 180,
  paybackWeeks: { low: 0.7, likely: 1, high: 1.9 },
  basis: 'The configured price of a database-hour.',
  ...over,
});

describe('money in words', () => {
  it.each<[string, Partial<Money>]>([
    [
      'Saves between EUR 1,200 and EUR 3,500 a quarter for EUR 180 of work: paid back in about 1 week (5 days at best, 2 weeks at worst)',
      {},
    ],
    ['Saves between EUR 1,200 and EUR 3,500 a quarter', { cost: null, paybackWeeks: null }],
    ['EUR 180 of work; what it brings has no price', { perQuarter: null, paybackWeeks: null }],
    ['Nothing here has a price', { perQuarter: null, cost: null, paybackWeeks: null }],
    [
      'Saves up to EUR 9.5 a quarter for EUR 180 of work: paid back in 5 years at best',
      { perQuarter: { low: 0, likely: 0, high: 9.5 }, paybackWeeks: { low: 246, likely: null, high: null } },
    ],
    [
      'Saves between EUR 0.01 and EUR 0.03 a quarter for EUR 180 of work: not done for the money',
      {
        perQuarter: { low: 0.01, likely: 0.02, high: 0.03 },
        paybackWeeks: { low: 78_000, likely: 117_000, high: 234_000 },
      },
    ],
  ])('%s', (said, over) => {
    expect(plain(moneyWords(money(over)))).toBe(said);
  });

  it('rounds to what an estimate can bear', () => {
    expect([0.123, 9.99, 12.3, 98_765].map((value) => plain(sum(value, 'USD')))).toEqual([
      'USD 0.12',
      'USD 9.99',
      'USD 12',
      'USD 99,000',
    ]);
  });
});

describe('money in the report', () => {
  const nav = noNav;
  const long = anOpportunity({ horizon: 'long-term', money: money({ cost: 9000 }) });
  const target = aTargetReport({
    opportunities: [long],
    summary: { ...aTargetReport().summary, money: money() },
    roadmap: [
      {
        phase: 'Long-term projects',
        weeks: '9–26',
        items: [long.key],
        resources: 'r',
        successMetrics: [],
        mitigation: 'm',
      },
    ],
  });

  it('stands in summary, item, roadmap and mail', async () => {
    const { text } = parsed(renderPage(aReport({ targets: [target] }), target, nav));
    expect(text.match(/Saves between EUR.1,200 and EUR.3,500/g)).toHaveLength(2);
    expect(text).toMatch(/Cost Estimates ?EUR.9,000 of work at the configured price/);
    const { text: mail } = await renderDigest(aReport({ targets: [target] }), { pageUrl: () => null });
    expect(mail).toMatch(/Money: Saves between EUR.1,200/);
  });

  it('is not mentioned without prices, but where the brief asks for it', async () => {
    const plainTarget = aTargetReport();
    const { text } = parsed(renderPage(aReport(), plainTarget, nav));
    expect(text).not.toMatch(/Saves between|Money:/);
    expect((await renderDigest(aReport(), { pageUrl: () => null })).text).not.toMatch(/Money/);
  });
});
