/** Atom (RFC 4287) for those who do not want mails: one of all targets, one of each. */
import { createHash } from 'node:crypto';
import { markup, trusted } from './markup.ts';
import { pathTo } from './paths.ts';
import type { TargetWeeks, WeekSummary } from './week-summary.ts';

const MOST = 50;

interface Entry {
  readonly target: string;
  readonly week: WeekSummary;
}

/** `home`: what the feed stands beside; its links lead from there. Newest first. */
export function renderFeed(
  targets: readonly TargetWeeks[],
  home: { readonly title: string; readonly root: string },
): string {
  const entries = targets
    .flatMap(({ target, weeks }) => weeks.map((week): Entry => ({ target, week })))
    .sort((a, b) => newer(a, b) || (a.target < b.target ? -1 : 1))
    .slice(0, MOST);
  const updated = entries[0]?.week.generatedAt ?? '1970-01-01T00:00:00Z';
  return `<?xml version="1.0" encoding="utf-8"?>\n${
    markup`<feed xmlns="http://www.w3.org/2005/Atom">
<title>${home.title}</title>
<id>${urn(home.title)}</id>
<updated>${updated}</updated>
<author><name>pg-hunt</name></author>
<link rel="self" type="application/atom+xml" href="feed.xml"/>
<link rel="alternate" type="text/html" href="index.html"/>
${entries.map((entry) => entryOf(entry, home.root))}</feed>
`.source
  }`;
}

function entryOf({ target, week }: Entry, root: string) {
  const { folder, headline, generatedAt, end } = week;
  const to = pathTo('reports', target, folder, 'index.html');
  const link = to === null ? trusted('') : markup`<link rel="alternate" type="text/html" href="${root}${to}"/>\n`;
  return markup`<entry>
<title>${target} · ${folder}</title>
<id>${urn(`${target}/${folder}`)}</id>
<updated>${generatedAt}</updated>
<published>${end}</published>
${link}<summary>${headline}</summary>
</entry>
`;
}

function newer(a: Entry, b: Entry): number {
  const apart = (one: 'generatedAt' | 'end') => Date.parse(b.week[one]) - Date.parse(a.week[one]);
  return apart('generatedAt') || apart('end');
}

/** RFC 9562, version 8: the same report is the same entry wherever the archive stands. */
function urn(name: string): string {
  const hex = createHash('sha256').update(`pg-hunt ${name}`).digest('hex');
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `urn:uuid:${parts.join('-')}`;
}
