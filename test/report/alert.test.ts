import { PNG } from 'pngjs';
import { describe, expect, test } from 'vitest';
import type { Regression } from '../../lib/model/regression.ts';
import { MAX_ALERT_BYTES, renderAlert } from '../../lib/report/alert.ts';
import { plain } from '../../lib/report/format.ts';
import { mailsOf } from '../../lib/report/mails.ts';
import { base64Size, encodedSize } from '../../lib/report/mime-size.ts';
import { aBusyReport } from '../support/busy-report.ts';
import { hostile } from '../support/hostile.ts';
import { attributesOf, parsed } from '../support/html.ts';
import { aRegression, aReport, aTargetReport, aTrend, START } from '../support/report.ts';

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
  const settingsOf = (report: ReturnType<typeof aReport>, earlier: ReturnType<typeof aReport>[] = []) =>
    mailsOf({ report, earlier, from: FROM, recipients: ['a@example.com'], archiveUrl: undefined });
  const of = (over: Partial<Regression>) => withRegressions(aRegression(over));
  const week = { start: '2026-11-08T15:30:00Z', end: START };
  const before = { ...of({ status: 'new', since: START }), window: week, generatedAt: START };

  test.each([
    ['resolved', { status: 'resolved', since: START }, '✔ Resolved after 7 days'],
    ['still open a run later', { status: 'open', since: START }, '● Still open, day 8'],
    ['recovering', { status: 'open', recovering: true, since: START }, '● Recovering, day 8'],
  ] as const)('when %s, is told in the thread of the alert under its subject', async (_, over, begins) => {
    const [alert] = await settingsOf(before);
    const renamed = { title: 'SELECT on orders is 3.1 times slower per call' };
    const [later] = await settingsOf(of({ ...over, ...renamed }), [before]);
    expect(later?.id).toMatch(/^alert-later-/);
    expect(later?.subject).toBe(`Re: ${alert?.subject}`);
    expect(later?.text.startsWith(begins)).toBe(true);
    expect(later?.headers.References).toMatch(/^<alert-[0-9a-f]{24}@example\.com>$/);
    expect(later?.headers.References).toBe(alert?.headers.References);
    expect(later?.headers['In-Reply-To']).toBe(alert?.headers.References);
    const [other] = await settingsOf(of({ key: 'another', status: 'new' }));
    expect(other?.headers.References).not.toBe(alert?.headers.References);
  });

  test('has the subject that all targets of the alert made together', async () => {
    const worse = aRegression({ status: 'new', since: START, title: 'Far worse', severity: 'critical' });
    const both = {
      ...before,
      targets: [...before.targets, aTargetReport({ target: 'crm', regressions: [worse] })],
    };
    const [alert] = await settingsOf(both);
    expect(alert?.subject).toMatch(/^Regression: Far worse \(\+1\) · crm/);
    // The archive keeps a report a target.
    const kept = both.targets.map((target) => ({ ...both, targets: [target] }));
    const [later] = await settingsOf(of({ status: 'resolved', since: START }), kept);
    expect(later?.subject).toBe(`Re: ${alert?.subject}`);
  });

  test('has a subject of its own where the first report is gone', async () => {
    const [later] = await settingsOf(of({ status: 'resolved', since: START }));
    expect(later?.subject).toMatch(/^Resolved: /);
  });

  test('is told once while it stands, and asks for nothing when it is over', async () => {
    const third = await settingsOf(of({ status: 'open', since: '2026-11-08T15:30:00Z' }));
    expect(third.map(({ id }) => id.split('-')[0])).toEqual(['digest']);
    const [over] = await settingsOf(of({ status: 'resolved' }));
    expect(over?.text).toContain('✔ Resolved');
    expect(over?.text).not.toContain('Do now');
  });

  test('of many regressions at once is one mail', async () => {
    const many = Array.from({ length: 40 }, (_, at) => aRegression({ key: String(at), status: 'new' }));
    const mails = await settingsOf(withRegressions(...many));
    expect(mails.map(({ id }) => id.split('-')[0])).toEqual(['alert', 'digest']);
  });
});

describe('the picture of an alert', () => {
  const drawn = withRegressions(aRegression({ trend: aTrend() }), aRegression({ key: 'b', trend: aTrend() }));

  test('is one PNG that the mail names, with all its numbers in words', async () => {
    const { html, text, attachments } = await rendered(drawn);
    const [picture, ...others] = attachments;
    expect(others).toEqual([]);
    expect(attributesOf(html, 'src')).toEqual([`cid:${picture?.cid}`]);
    const alt =
      'Between 11.3 and 13.1 ms a call on eight of ten days before Tue 17 Nov 2026; since then between 30 and 32 ms a call, at last 30.8 ms a call (Sun 22 Nov 2026).';
    expect(attributesOf(html, 'alt').map(plain)).toEqual([alt]);
    expect(text.replace(/\s+/g, ' ')).toContain(alt);
    const { width, height, data } = PNG.sync.read(Buffer.from(picture?.body ?? []));
    expect([width, height]).toEqual([828, 210]);
    const colours = new Map<string, number>();
    for (let at = 0; at < data.length; at += 4) {
      const colour = data.subarray(at, at + 3).toString('hex');
      colours.set(colour, (colours.get(colour) ?? 0) + 1);
    }
    // Line, marker and band are there, and the rest is the plate.
    expect(colours.get('0b5cad')).toBeGreaterThan(1500);
    expect(colours.get('b42318')).toBeGreaterThan(300);
    expect(colours.get('d6e4f5')).toBeGreaterThan(2000);
    expect(colours.get('ffffff')).toBeGreaterThan(0.8 * width * height);
  });

  test('is the same bytes for the same weeks, and other bytes for others', async () => {
    const bytes = async (report: ReturnType<typeof aReport>) => (await rendered(report)).attachments[0]?.body;
    expect(await bytes(drawn)).toEqual(await bytes(drawn));
    const flat = withRegressions(
      aRegression({ trend: aTrend({ points: aTrend().points.map(({ at }) => ({ at, value: 12 })) }) }),
    );
    expect(await bytes(flat)).not.toEqual(await bytes(drawn));
  });

  test('leaves room for the words: both together stay within the alert’s bytes', async () => {
    const { html, attachments } = await rendered(drawn);
    const size = encodedSize(html) + attachments.reduce((sum, { body }) => sum + base64Size(body), 0);
    expect(size).toBeLessThan(MAX_ALERT_BYTES);
  });

  test('ends, whatever the moments are', async () => {
    const points = aTrend().points.toReversed();
    const odd = [{ at: 'no time', value: 3 }, ...points, { at: '-271821-04-20T00:00:00Z', value: -1e300 }];
    const { attachments } = await rendered(withRegressions(aRegression({ trend: aTrend({ points: odd }) })));
    expect(attachments).toHaveLength(1);
  });

  test('is left out where too few weeks are known', async () => {
    const { html, attachments } = await rendered(withRegressions(aRegression()));
    expect(attachments).toEqual([]);
    expect(parsed(html).counts.img).toBeUndefined();
  });
});
