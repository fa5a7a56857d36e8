/** Everything a run leaves in the archive for people: each target's folder of this period, and the index pages. */
import { gzipSync } from 'node:zlib';
import type { ArchiveObject, Method, Shelved } from '../model/archive.ts';
import { periodName } from '../model/period.ts';
import type { Report, TargetReport } from '../model/report.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { csvFiles } from './csv.ts';
import { type MailSettings, renderDigest } from './digest.ts';
import { renderFeed } from './feed.ts';
import { renderIndex } from './index-page.ts';
import { renderMethod } from './method.ts';
import { type PageNav, renderPage } from './page.ts';
import { renderTargetIndex } from './target-index.ts';
import { type WeekSummary, weekSummary } from './week-summary.ts';

export interface ArchiveInput {
  readonly report: Report;
  readonly snapshots: readonly Snapshot[];
  /** All earlier reports of this run's targets, and the newest of the other targets. */
  readonly shelf: readonly Shelved[];
  readonly mail: MailSettings;
  readonly method: Method;
}

export function pageKey(report: Report, target: string): string {
  return `reports/${target}/${periodName(report.cadence, report.window.end)}/index.html`;
}

/** In the order in which they should be written: a reader never finds a link to what is not there yet. */
export async function archiveOf(input: ArchiveInput): Promise<readonly ArchiveObject[]> {
  const { report, shelf, snapshots } = input;
  const period = periodName(report.cadence, report.window.end);
  const objects: ArchiveObject[] = [];
  const summaries = new Map<string, readonly WeekSummary[]>();
  for (const { target } of shelf) summaries.set(target, [...(summaries.get(target) ?? [])]);
  for (const target of report.targets) {
    const snapshot = snapshots.find((one) => one.target === target.target);
    const own = withOnly(report, target);
    const weeks = [
      ...shelf.filter((one) => one.target === target.target && one.period !== period),
      { target: target.target, period, report: own },
    ].sort((a, b) => (a.report.window.end < b.report.window.end ? -1 : 1));
    objects.push(...(await folderOf({ ...input, report: own, target, weeks, snapshot })));
    const rows = weeks.flatMap((week) => summaryOf(week));
    summaries.set(target.target, rows);
    const home = `reports/${target.target}`;
    objects.push(page(`${home}/index.html`, renderTargetIndex(target.target, rows)));
    const feed = { title: `${target.target} · pg-hunt`, root: '../../' };
    objects.push(atom(`${home}/feed.xml`, renderFeed([{ target: target.target, weeks: rows }], feed)));
  }
  for (const one of shelf) {
    if (report.targets.some(({ target }) => target === one.target)) continue;
    summaries.set(one.target, [...(summaries.get(one.target) ?? []), ...summaryOf(one)]);
  }
  const all = [...summaries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([target, weeks]) => ({ target, weeks }));
  objects.push(page('method.html', renderMethod({ ...input.method, calibration: calibrationIn(input) })));
  objects.push(atom('feed.xml', renderFeed(all, { title: 'pg-hunt', root: '' })));
  objects.push(page('index.html', renderIndex(all, report.generatedAt)));
  return objects;
}

/** Of each target as its newest report has it. */
function calibrationIn({ report, shelf }: ArchiveInput): NonNullable<Method['calibration']> {
  const newest = new Map<string, TargetReport>();
  for (const one of shelf.toSorted((a, b) => (a.report.window.end < b.report.window.end ? -1 : 1))) {
    for (const target of one.report.targets) if (target.target === one.target) newest.set(one.target, target);
  }
  for (const target of report.targets) newest.set(target.target, target);
  return [...newest.values()]
    .flatMap(({ target, calibration }) => (calibration === undefined ? [] : [{ target, summary: calibration }]))
    .sort((a, b) => (a.target < b.target ? -1 : 1));
}

interface FolderInput extends ArchiveInput {
  readonly target: TargetReport;
  /** This target's reports, this one among them, oldest first. */
  readonly weeks: readonly Shelved[];
  readonly snapshot: Snapshot | undefined;
}

async function folderOf({ report, target, weeks, snapshot, mail }: FolderInput): Promise<ArchiveObject[]> {
  const at = weeks.findIndex((week) => week.report === report);
  const folder = `reports/${target.target}/${weeks[at]?.period ?? ''}`;
  const digest = await renderDigest(report, mail);
  const earlier = weeks[at - 1];
  const earlierTarget = earlier?.report.targets.find((one) => one.target === target.target);
  return [
    ...(snapshot === undefined ? [] : [zipped(`${folder}/snapshot.json.gz`, snapshot)]),
    text(`${folder}/report.json`, `${JSON.stringify(report, null, 1)}\n`, 'application/json'),
    ...csvFiles(target).map(([name, rows]) => text(`${folder}/${name}`, rows, 'text/csv; charset=utf-8')),
    page(`${folder}/digest.html`, digest.html),
    text(`${folder}/digest.txt`, digest.text, 'text/plain; charset=utf-8'),
    page(`${folder}/index.html`, renderPage(report, target, navOf(weeks, at))),
    // The page of the week before gets its link to this one.
    ...(earlier === undefined || earlierTarget === undefined
      ? []
      : [
          page(
            `reports/${target.target}/${earlier.period}/index.html`,
            renderPage(earlier.report, earlierTarget, navOf(weeks, at - 1)),
          ),
        ]),
  ];
}

function navOf(weeks: readonly Shelved[], at: number): PageNav {
  const to = (week: Shelved | undefined): string | null => (week === undefined ? null : `../${week.period}/index.html`);
  const [own] = weeks[at]?.report.targets ?? [];
  const compared = (end: string | null | undefined) =>
    to(weeks.find(({ report }) => end != null && Date.parse(report.window.end) === Date.parse(end)));
  return {
    index: '../index.html',
    method: '../../../method.html',
    previous: to(weeks[at - 1]),
    next: to(weeks[at + 1]),
    compared: compared(own?.baselines.previousEnd),
    pinned: compared(own?.baselines.pinnedEnd),
    files: ['report.json', ...(own === undefined ? [] : csvFiles(own).map(([name]) => name))],
  };
}

function summaryOf({ target, report }: Shelved): readonly WeekSummary[] {
  const found = report.targets.find((one) => one.target === target);
  return found === undefined ? [] : [weekSummary(report, found)];
}

function withOnly(report: Report, target: TargetReport): Report {
  return { ...report, targets: [target], failures: [] };
}

function text(key: string, body: string, contentType: string): ArchiveObject {
  return { key, body: new TextEncoder().encode(body), contentType };
}

function atom(key: string, xml: string): ArchiveObject {
  return text(key, xml, 'application/atom+xml; charset=utf-8');
}

function page(key: string, html: string): ArchiveObject {
  return text(key, html, 'text/html; charset=utf-8');
}

/** The same snapshot gives the same bytes: gzip's header of Node holds no time. */
function zipped(key: string, value: unknown): ArchiveObject {
  return { key, body: gzipSync(JSON.stringify(value)), contentType: 'application/gzip' };
}
