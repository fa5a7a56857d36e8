/** The full report of one target: every section of the brief, in its order, on one page that opens from disk. */
import { periodName } from '../model/period.ts';
import type { Report, TargetReport } from '../model/report.ts';
import type { Block } from './blocks.ts';
import { date, period } from './format.ts';
import { type Markup, markup, nothing } from './markup.ts';
import { blocksHtml, documentOf } from './render-html.ts';
import { isReviewed, reviewBlocks } from './review.ts';
import { MAX_PAGE_BYTES, type Room, rooms } from './room.ts';
import { coverage } from './sections/coverage.ts';
import { decisions } from './sections/decisions.ts';
import { executiveSummary } from './sections/executive-summary.ts';
import { load } from './sections/load.ts';
import { longTerm } from './sections/long-term.ts';
import { measurement } from './sections/measurement.ts';
import { mediumEffort } from './sections/medium-effort.ts';
import { progress } from './sections/progress.ts';
import { quickWins } from './sections/quick-wins.ts';
import { regressions } from './sections/regressions.ts';
import { risks } from './sections/risks.ts';
import { roadmap } from './sections/roadmap.ts';
import { serverWords, sources } from './sections/sources.ts';

/** Relative addresses, so that the archive works from a folder, a bucket and behind a web server alike. */
export interface PageNav {
  /** The target's list of reports. */
  readonly index: string | null;
  readonly previous: string | null;
  readonly next: string | null;
  readonly method: string | null;
  /** Reports of the runs that this one is compared with. */
  readonly compared: string | null;
  readonly pinned: string | null;
  /** Beside the page: report.json and its lists. */
  readonly files: readonly string[];
}

/** In the order of the brief, then what it rests on. */
const sections: readonly {
  /** For the list of contents. */
  readonly short: string;
  readonly of: (target: TargetReport, report: Report, room: Room) => readonly Block[];
}[] = [
  { short: 'Summary', of: executiveSummary },
  { short: 'Regressions', of: (target, _, room) => regressions(target, room) },
  { short: 'Progress', of: (target, _, room) => progress(target, room) },
  { short: 'Quick wins', of: (target, _, room) => quickWins(target, room) },
  { short: 'Medium', of: (target, _, room) => mediumEffort(target, room) },
  { short: 'Long-term', of: (target, _, room) => longTerm(target, room) },
  { short: 'Roadmap', of: roadmap },
  { short: 'Measuring', of: measurement },
  { short: 'Risks', of: risks },
  { short: 'Decisions', of: decisions },
  { short: 'Load', of: (target, _, room) => load(target, room) },
  { short: 'Coverage', of: coverage },
  { short: 'Sources', of: sources },
];

export function renderPage(report: Report, target: TargetReport, nav: PageNav): string {
  let html = '';
  for (const room of rooms) {
    html = pageIn(room, { report, target, nav });
    if (Buffer.byteLength(html) <= MAX_PAGE_BYTES) break;
  }
  return html;
}

interface Input {
  readonly report: Report;
  readonly target: TargetReport;
  readonly nav: PageNav;
}

function pageIn(room: Room, { report, target, nav }: Input): string {
  const review = isReviewed(target) ? [{ short: 'Review', blocks: reviewBlocks(target, report, room.items) }] : null;
  const parts = review ?? sections.map(({ short, of }) => ({ short, blocks: of(target, report, room) }));
  const contents = parts.flatMap(({ short, blocks: [first] }) =>
    first?.kind === 'heading' && first.id !== undefined ? [{ text: short, to: `#${first.id}` }] : [],
  );
  const name = periodName(report.cadence, report.window.end);
  return documentOf({
    title: `${target.target} · ${name} · pg-hunt`,
    description: target.summary.headline,
    header: markup`<p class="kicker">${target.target} · ${serverWords(target.server)} · ${name} · ${period(report.window)}</p>
<h1>${target.summary.headline}</h1>
<p>Made ${date(report.generatedAt)}. ${against(target, nav)}</p>
<ul class="links">${[link('All reports', nav.index), link('Earlier', nav.previous), link('Later', nav.next), link('How the numbers are made', nav.method), ...nav.files.map((name) => link(name, name))]}</ul>`,
    contents,
    body: blocksHtml(parts.flatMap(({ blocks }) => blocks)),
  });
}

function link(text: string, to: string | null): Markup {
  return to === null ? nothing : markup`<li><a href="${to}">${text}</a></li> `;
}

/** What the changes on the page are changes from. */
function against({ baselines: { previousEnd, pinnedEnd } }: TargetReport, { compared, pinned }: PageNav): Markup {
  const run = (name: string, end: string | null, to: string | null): Markup => {
    if (end === null) return nothing;
    return to === null
      ? markup` Compared with the ${name} of ${date(end)}.`
      : markup` Compared with the ${name} of <a href="${to}">${date(end)}</a>.`;
  };
  return markup`${run('run', previousEnd, compared)}${run('pinned run', pinnedEnd, pinned)}`;
}
