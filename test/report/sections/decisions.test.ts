import { describe, expect, it } from 'vitest';
import type { Decided } from '../../../lib/model/decision.ts';
import { renderDigest } from '../../../lib/report/digest.ts';
import { renderPage } from '../../../lib/report/page.ts';
import { decisionsLine } from '../../../lib/report/sections/decisions.ts';
import { reportSummary } from '../../../lib/report/summary.ts';
import { parsed } from '../../support/html.ts';
import { anOpportunity, aReport, aTargetReport, noNav } from '../../support/report.ts';

const finding = (title: string) => ({ key: 'k', advisor: 'a', title, why: `Why ${title}.` });
const decided = (over: Partial<Decided>): Decided => ({
  decision: 'mute',
  about: 'key k',
  reason: 'Because.',
  until: '2026-12-31',
  state: 'in-force',
  justExpired: false,
  idleSince: null,
  findings: [],
  ...over,
});
const all = [
  decided({ findings: [finding('Drop x'), finding('Drop y')], reason: '<b>Later</b>' }),
  decided({ decision: 'accept', findings: [finding('Freeze rows')], reason: 'Small server.' }),
  decided({ state: 'expired', justExpired: true, about: 'key over', findings: [finding('Drop z')] }),
  decided({ state: 'idle', about: 'advisor mispelt', note: 'There is no check of that name.' }),
];
const target = aTargetReport({
  decisions: all,
  opportunities: [anOpportunity({ ranOut: { decision: 'mute', reason: 'Later.', until: '2026-11-20' } })],
});
const report = aReport({ targets: [target] });
const nav = noNav;

describe('decisions', () => {
  it('are counted in one line, with those to look at by name', () => {
    expect(decisionsLine(all)).toBe(
      '2 findings muted, 1 risk accepted; 1 decision ran out this time (key over); 1 decision is about nothing (advisor mispelt)',
    );
    expect(decisionsLine([decided({})])).toBe('no finding muted or accepted');
    expect(decisionsLine([])).toBeNull();
  });

  it('are listed on the page, and what is accepted stands among the risks', () => {
    const html = renderPage(report, target, nav);
    const { text } = parsed(html);
    expect(html).not.toContain('<b>Later</b>');
    expect(text).toMatch(/Accepted Risks.*Freeze rows.*Why Freeze rows\..*Small server\./s);
    expect(text).toMatch(/Muted and accepted.*Drop x; Drop y/s);
    expect(text).toMatch(/Decision ?Muted until Fri 20 Nov 2026 \(Later\.\); that time is over\./);
    expect(text).toContain('unindexed-filter:shop/public/orders');
  });

  it('stand in mail and terminal, and take no room where there are none', async () => {
    const settings = { pageUrl: () => null };
    const where = { location: 'out', pages: {}, mail: 'Mail: out' };
    expect((await renderDigest(report, settings)).text).toMatch(/2 findings muted, 1\s+risk accepted/);
    expect(reportSummary(report, where)).toContain('Decisions: 2 findings muted');
    const none = aReport();
    expect((await renderDigest(none, settings)).text).not.toMatch(/muted/i);
    expect(renderPage(none, aTargetReport(), nav)).not.toMatch(/muted and accepted/i);
    expect(reportSummary(none, where)).not.toMatch(/Decisions/);
  });
});
