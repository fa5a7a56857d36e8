import { posix } from 'node:path';
import { parse } from 'parse5';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Shelved } from '../../lib/model/archive.ts';
import type { Report } from '../../lib/model/report.ts';
import { archiveOf, pageKey } from '../../lib/report/archive.ts';
import { mailSettings, mailsOf } from '../../lib/report/mails.ts';
import { reportSummary } from '../../lib/report/summary.ts';
import { aBusyReport } from '../support/busy-report.ts';
import { method } from '../support/preview.ts';
import { aRegression, aReport, aTargetReport } from '../support/report.ts';

const week = (end: string, over: Partial<Report> = {}): Report =>
  aReport({ window: { start: '2026-01-01T00:00:00Z', end }, ...over });
const shelved = (report: Report, target: string, period: string): Shelved => ({
  target,
  period,
  report: { ...report, targets: [aTargetReport({ target })] },
});

const now = aBusyReport({
  window: { start: '2026-11-15T15:30:00Z', end: '2026-11-22T15:30:00Z' },
  targets: [...aBusyReport().targets.map((one) => ({ ...one, target: 'a' })), aTargetReport({ target: 'b' })],
});
const shelf = [
  shelved(week('2026-11-08T00:00:00Z'), 'a', '2026-W45'),
  shelved(week('2026-11-15T00:00:00Z'), 'a', '2026-W46'),
  shelved(week('2026-11-15T00:00:00Z'), 'elsewhere', '2026-W46'),
];

interface Node {
  readonly attrs?: readonly { readonly name: string; readonly value: string }[];
  readonly childNodes?: readonly Node[];
}

/** Values of an attribute in a page. */
function values(html: string, attribute: string): string[] {
  const walk = (node: Node): string[] => [
    ...(node.attrs ?? []).filter(({ name }) => name === attribute).map(({ value }) => value),
    ...(node.childNodes ?? []).flatMap(walk),
  ];
  return walk(parse(html) as Node); // parse5's tree has the two fields that are walked
}

/** Of a report with one opportunity and nothing worse. */
const CSV = ['opportunities.csv', 'statements.csv', 'baselines.csv', 'coverage.csv'];

describe('the archive of a run', () => {
  const pages = new Map<string, string>();
  beforeAll(async () => {
    const mail = mailSettings(now, undefined);
    for (const { key, body } of await archiveOf({ report: now, snapshots: [], shelf, mail, method })) {
      expect(pages.has(key), `${key} is written once`).toBe(false);
      pages.set(key, new TextDecoder().decode(body));
    }
  });

  it('holds a folder a target, the page of the week before, and the indexes', () => {
    expect([...pages.keys()].sort()).toEqual(
      [
        ...['index.html', 'feed.xml', 'method.html'],
        ...['a', 'b'].flatMap((target) => [
          ...['index.html', 'feed.xml'].map((name) => `reports/${target}/${name}`),
          ...['index.html', 'report.json', 'digest.html', 'digest.txt'].map(
            (name) => `reports/${target}/2026-W47/${name}`,
          ),
          ...['opportunities', 'statements', 'baselines', 'coverage'].map(
            (name) => `reports/${target}/2026-W47/${name}.csv`,
          ),
        ]),
        // Only of lists that have something in them.
        ...['regressions', 'progress'].map((name) => `reports/a/2026-W47/${name}.csv`),
        'reports/a/2026-W46/index.html',
      ].sort(),
    );
  });

  it('links only to what is there, from page to page and to the anchors in them', () => {
    const earlier = shelf.map(({ target, period }) => `reports/${target}/${period}`);
    const there = new Set([
      ...pages.keys(),
      ...earlier.flatMap((at) => ['index.html', 'report.json', ...CSV].map((name) => `${at}/${name}`)),
      'reports/elsewhere/index.html',
    ]);
    const broken: string[] = [];
    let links = 0;
    for (const [key, html] of pages) {
      if (!/\.(html|xml)$/.test(key) || key.endsWith('digest.html')) continue;
      for (const href of values(html, 'href').filter((to) => !/^https:/.test(to))) {
        links += 1;
        const [path = '', anchor] = href.split('#');
        const target = path === '' ? key : posix.join(posix.dirname(key), decodeURIComponent(path));
        const page = pages.get(target);
        if (!there.has(target)) broken.push(`${key} → ${href}`);
        else if (anchor !== undefined && page !== undefined && !values(page, 'id').includes(anchor))
          broken.push(`${key} → ${href}`);
      }
    }
    expect(broken).toEqual([]);
    expect(links).toBeGreaterThan(40);
  });

  it('leads from each week to the next and back', () => {
    expect(values(pages.get('reports/a/2026-W46/index.html') ?? '', 'href')).toEqual(
      expect.arrayContaining(['../2026-W45/index.html', '../2026-W47/index.html', '../index.html']),
    );
    expect(values(pages.get('reports/a/2026-W47/index.html') ?? '', 'href')).toContain('../2026-W46/index.html');
  });

  it('gives each target a report of its own', () => {
    const own = JSON.parse(pages.get('reports/b/2026-W47/report.json') ?? '');
    expect(own.targets.map(({ target }: { target: string }) => target)).toEqual(['b']);
    expect(pages.get('reports/b/2026-W47/digest.txt')).toContain('b · ');
  });

  it('replaces the page of its own week instead of following it', async () => {
    const again = await archiveOf({
      report: now,
      snapshots: [],
      shelf: [shelved(now, 'b', '2026-W47')],
      mail: mailSettings(now, undefined),
      method,
    });
    const page = again.find(({ key }) => key === 'reports/b/2026-W47/index.html');
    expect(values(new TextDecoder().decode(page?.body), 'href').filter((to) => to.includes('2026-W47'))).toEqual([]);
  });
});

describe('the mails of a run', () => {
  const input = {
    from: 'pg-hunt@example.com',
    recipients: ['a@example.com'],
    earlier: [],
    archiveUrl: 'https://reports.example.com/x/',
  };

  it('are a digest, and an alert when something newly got worse', async () => {
    const worse = aReport({ targets: [aTargetReport({ regressions: [aRegression({ status: 'new' })] })] });
    const calm = aReport({ targets: [aTargetReport({ regressions: [] })] });
    expect((await mailsOf({ report: worse, ...input })).map(({ id }) => id.split('-')[0])).toEqual(['alert', 'digest']);
    expect((await mailsOf({ report: calm, ...input })).map(({ id }) => id.split('-')[0])).toEqual(['digest']);
  });

  it('link into the archive where it can be read, and name the key where it cannot', async () => {
    const report = aReport();
    const key = pageKey(report, report.targets[0]?.target ?? '');
    const [linked] = (await mailsOf({ report, ...input })).slice(-1);
    expect(linked?.html).toContain(`https://reports.example.com/x/${key}`);
    const [named] = (await mailsOf({ report, ...input, archiveUrl: undefined })).slice(-1);
    expect(named?.html).not.toContain('https://reports');
    expect(named?.text).toContain(key);
  });

  it('differ in their id from those of another window of the same week', async () => {
    const id = async (end: string) => (await mailsOf({ report: week(end), ...input })).map((one) => one.id).at(-1);
    expect(await id('2026-11-20T00:00:00Z')).not.toBe(await id('2026-11-21T00:00:00Z'));
  });
});

describe('the summary for a terminal', () => {
  const where = {
    location: '/tmp/store/',
    pages: { shop: 'reports/shop/2026-W47/index.html' },
    mail: 'Mail: /tmp/store/mail',
  };

  it('says verdict, what got worse, what to do next, and where to read on', () => {
    const report = aReport({ targets: [aTargetReport({ regressions: [aRegression()] })] });
    const text = reportSummary(report, where);
    expect(text).toContain(report.targets[0]?.summary.headline ?? '');
    expect(text).toMatch(/Got worse\n {2}▲ Regression: \S/);
    expect(text).toMatch(/To do next, of \d+ opportunit/);
    expect(text).toContain('/tmp/store/reports/shop/2026-W47/index.html');
    expect(text).toContain('Mail: /tmp/store/mail');
  });

  it('names a target that could not be hunted', () => {
    const text = reportSummary(aReport({ failures: [{ target: 'db-9', why: 'refused\nthe connection' }] }), where);
    expect(text).toContain('db-9: could not be hunted: refused the connection');
  });
});
