import { describe, expect, test } from 'vitest';
import type { Regression } from '../../lib/model/regression.ts';
import { renderAlert } from '../../lib/report/alert.ts';
import { mailsOf } from '../../lib/report/mails.ts';
import { encodedSize } from '../../lib/report/mime-size.ts';
import { aBusyReport } from '../support/busy-report.ts';
import { hostile } from '../support/hostile.ts';
import { attributesOf, parsed } from '../support/html.ts';
import { aRegression, aReport, aTargetReport, START } from '../support/report.ts';

const settings = { pageUrl: () => 'https://hunt.example/reports/shop/2026-W47/index.html' };
const withRegressions = (...regressions: Regression[]) => aReport({ targets: [aTargetReport({ regressions })] });

async function rendered(report: ReturnType<typeof aReport>) {
  const alert = await renderAlert(report, settings);
  if (alert === null) throw new Error('no alert');
  return alert;
}

describe('an alert', () => {
  test('is not written when nothing got worse, nor for what was told before', async () => {
    expect(await renderAlert(aReport(), settings)).toBeNull();
    const old = withRegressions(aRegression({ status: 'open' }), aRegression({ key: 'b', status: 'resolved' }));
    expect(await renderAlert(old, settings)).toBeNull();
  });

  test('says what, by how much, why, and what to do now', async () => {
    const { subject, text, html } = await rendered(withRegressions(aRegression()));
    expect(subject).toBe('Regression: SELECT on orders is 2.6 times slower per call · shop · 2026-W47');
    const said = text.replace(/\s+/g, ' ');
    expect(said).toContain('from 12.4 to 31.9 ms: each call reads 5.1 times as many blocks for the same rows');
    expect(said).toContain('Do now: look at locks, I/O and the plan');
    expect(said).toContain('- Blocks a call Before 41 · Now 209');
    expect(said).toContain('- 95th percentile a call Before not measured · Now not measured');
    expect(parsed(html).counts.h1).toBe(1);
  });

  test('prints the rollback when our own advice may be the cause', async () => {
    const rollback = ['CREATE INDEX CONCURRENTLY "i" ON "t" ("c");'];
    const ours = aRegression({ suspect: { key: 'k', title: 'Drop the index i', rollback } });
    const { text, html } = await rendered(withRegressions(ours));
    expect(text).toContain(rollback[0]);
    expect(parsed(html).text).toContain(rollback[0]);
    expect((await rendered(withRegressions(aRegression()))).text).not.toContain('Rollback');
  });

  test('tells the worst first and counts the others in the subject', async () => {
    const { subject, text } = await rendered(
      withRegressions(
        aRegression({ key: 'a', title: 'Small', severity: 'low' }),
        aRegression({ key: 'b', title: 'Large', severity: 'critical' }),
        ...['c', 'd', 'e'].map((key) => aRegression({ key, title: `Other ${key}`, severity: 'low', costMsPerWeek: 1 })),
      ),
    );
    expect(subject).toMatch(/^Regression: Large \(\+4\)/);
    expect(text).toContain('Also worse');
    expect(text).toContain('Other e');
  });

  test('does not pass off a missing interval as certainty', async () => {
    const { text } = await rendered(withRegressions(aRegression({ change: { estimate: 1, low: null, high: null } })));
    expect(text.replace(/\s+/g, ' ')).toContain('cannot bear an interval');
  });

  test('of hostile names has the elements of a friendly one and a subject of one line', async () => {
    const wild = await rendered(hostile(aBusyReport()));
    expect(parsed(wild.html).counts).toEqual(parsed((await rendered(aBusyReport())).html).counts);
    expect(wild.subject).not.toMatch(/[\r\n]/);
    expect(attributesOf(wild.html, 'href').every((to) => to.startsWith('https://hunt.example/'))).toBe(true);
  });

  test('stays far below what clients clip, with ten long regressions', async () => {
    const long = Array.from({ length: 20 }, (_, at) =>
      aRegression({ key: String(at), title: '写'.repeat(500), text: 'x'.repeat(9000) }),
    );
    expect(encodedSize((await rendered(withRegressions(...long))).html)).toBeLessThan(60 * 1024);
    expect(encodedSize((await rendered(withRegressions(aRegression()))).html)).toBeLessThan(15 * 1024);
  });
});

describe('what came of an alert', () => {
  const FROM = 'pg-hunt <pg-hunt@example.com>';
  const settingsOf = (report: ReturnType<typeof aReport>) =>
    mailsOf({ report, from: FROM, recipients: ['a@example.com'], archiveUrl: undefined });
  const of = (over: Partial<Regression>) => withRegressions(aRegression(over));

  test.each([
    ['resolved', { status: 'resolved' }, 'Resolved: '],
    ['still open a run later', { status: 'open', since: START }, 'Still open: '],
  ] as const)('when %s, is told in the thread of the alert', async (_, over, begins) => {
    const [alert] = await settingsOf(of({ status: 'new' }));
    const [later] = await settingsOf(of(over));
    expect(later?.id).toMatch(/^alert-later-/);
    expect(later?.subject.startsWith(begins)).toBe(true);
    expect(later?.headers.References).toMatch(/^<alert-[0-9a-f]{24}@example\.com>$/);
    expect(later?.headers.References).toBe(alert?.headers.References);
    const [other] = await settingsOf(of({ key: 'another', status: 'new' }));
    expect(other?.headers.References).not.toBe(alert?.headers.References);
  });

  test('is told once while it stands, and asks for nothing when it is over', async () => {
    const third = await settingsOf(of({ status: 'open', since: '2026-11-08T15:30:00Z' }));
    expect(third.map(({ id }) => id.split('-')[0])).toEqual(['digest']);
    const [over] = await settingsOf(of({ status: 'resolved' }));
    expect(over?.text).toContain('✔ 1 regression · resolved');
    expect(over?.text).not.toContain('Do now');
  });

  test('of many regressions at once is one mail', async () => {
    const many = Array.from({ length: 40 }, (_, at) => aRegression({ key: String(at), status: 'new' }));
    const mails = await settingsOf(withRegressions(...many));
    expect(mails.map(({ id }) => id.split('-')[0])).toEqual(['alert', 'digest']);
  });
});
