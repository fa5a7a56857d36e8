/** Samples and resets of each row: without two samples there is no increase, and with few it is only a part. */
import { measures } from '../../model/measures.ts';
import type { Gap } from '../../model/snapshot.ts';
import type { Asked } from './ask.ts';
import { type BoundKind, rolesOf } from './dialect.ts';
import { identityIn } from './naming.ts';
import type { TrustQuestion } from './quality.ts';
import type { Joined } from './rows.ts';
import type { Servers } from './servers.ts';

/** Below this share of the samples of the row that has most, a row came late, went early or was left out at times. */
const HALF = 0.5;
/** The most important first, as the reader gets them. */
const kinds = ['statement', 'table', 'index', 'database', 'server'] as const satisfies readonly BoundKind[];
const plural = {
  ...{ server: 'servers', database: 'databases', table: 'tables', index: 'indexes', statement: 'statements' },
} as const satisfies Record<BoundKind, string>;
/** These rows can say of themselves that they were seen for a part of the window, by the counters of this measure. */
const marked: { readonly [K in BoundKind]?: string } = {
  ...{ table: 'sequentialScans', index: 'scans', statement: 'calls' },
};

/** What one query of an exporter publishes of a kind of rows. */
interface Counted {
  readonly kind: BoundKind;
  readonly measures: readonly string[];
  /** By key of the row. */
  readonly samples: ReadonlyMap<string, number>;
  readonly resets: ReadonlyMap<string, number>;
}

/** Marks rows that were seen for a part of the window, and takes the increases from those that have none. */
export function trustRows(
  target: string,
  joined: Joined,
  servers: Servers,
  asked: readonly Asked<TrustQuestion>[],
): { readonly gaps: readonly Gap[]; readonly notes: readonly string[] } {
  const gaps: Gap[] = [];
  const notes: string[] = [];
  for (const { kind, measures: counters, samples, resets } of countedOf(target, servers, asked)) {
    const most = [...samples.values()].reduce((top, count) => Math.max(top, count), 0);
    const isMarked = counters.includes(marked[kind] ?? '');
    let single = 0;
    let partial = 0;
    for (const [key, count] of samples) {
      const row = joined.rows[kind].get(key);
      if (count < 2 && most >= 2) {
        // Prometheus has no increase then, and perhaps no row; VictoriaMetrics counts the one sample from zero.
        single += 1;
        for (const name of counters) row?.values.delete(name);
      } else if (row !== undefined && count < HALF * most) {
        partial += 1;
        if (isMarked) row.seenShare = count / most;
      }
    }
    if (single > 0) gaps.push(singleGap(kind, single, counters));
    if (partial > 0) {
      const what = isMarked ? 'had samples' : `had samples of ${counters.join(', ')}`;
      notes.push(
        `${partial} of ${joined.rows[kind].size} ${plural[kind]} ${what} in less than half of the window, because they are new or the exporter left them out at times; their numbers say at least.`,
      );
    }
    const again = [...resets].filter(([key, count]) => count > 0 && joined.rows[kind].has(key)).length;
    // Of databases the notes on all of the target speak.
    if (again > 0 && kind !== 'database') notes.push(resetNote(kind, again, counters));
  }
  return { gaps, notes };
}

function resetNote(kind: BoundKind, again: number, counters: readonly string[]): string {
  const lost = 'what they counted between the last sample and that is lost';
  if (kind === 'server') return `Counters of the server (${counters.join(', ')}) began again in the window; ${lost}.`;
  const why =
    kind === 'statement'
      ? 'pg_stat_statements was reset or is too small'
      : 'their statistics were reset or they were made anew';
  return `Counters of ${again} ${plural[kind]} began again in the window, because ${why}; ${lost}.`;
}

function singleGap(kind: BoundKind, count: number, counters: readonly string[]): Gap {
  const all: readonly string[] = Object.keys(measures[kind]);
  return {
    kind,
    measures: all.filter((name) => counters.includes(name)),
    source: 'prometheus',
    absence: 'no-history',
    reason: `${count} ${plural[kind]} have a single sample in the window, from which no increase can be told.`,
    remedy: 'Run again when there are more samples; if it stays, scrape more often.',
  };
}

/** Of dialects that ask the same of a measure, the fullest answer counts. */
function countedOf(target: string, servers: Servers, asked: readonly Asked<TrustQuestion>[]): readonly Counted[] {
  const groups = new Map<string, { kind: BoundKind; measures: string[]; lists: Set<Asked<TrustQuestion>> }>();
  for (const kind of kinds) {
    const own = asked.filter(({ question }) => question.of?.kind === kind);
    for (const measure of new Set(own.flatMap(({ question }) => question.of?.measures ?? []))) {
      const lists = own.filter(({ question }) => question.of?.measures.includes(measure));
      const key = JSON.stringify([kind, ...lists.map(({ question }) => question.promql)]);
      const group = groups.get(key) ?? { kind, measures: [], lists: new Set(lists) };
      group.measures.push(measure);
      groups.set(key, group);
    }
  }
  return [...groups.values()].map(({ kind, measures: names, lists }) => ({
    ...{ kind, measures: names },
    samples: byRow('row-samples', target, servers, [...lists]),
    resets: byRow('row-resets', target, servers, [...lists]),
  }));
}

/** The largest of each row, under the key that joinSamples gives it; several users share a statement. */
function byRow(
  about: TrustQuestion['about'],
  target: string,
  servers: Servers,
  asked: readonly Asked<TrustQuestion>[],
): ReadonlyMap<string, number> {
  const rows = new Map<string, number>();
  for (const { question, answer } of asked) {
    if (question.about !== about || question.of === undefined) continue;
    const { kind, dialect } = question.of;
    for (const { labels, value } of answer.samples) {
      if (servers.of(labels) !== target) continue;
      const { user: _user, ...identity } = identityIn(labels, rolesOf[kind], dialect);
      const key = JSON.stringify(Object.values(identity));
      rows.set(key, Math.max(value, rows.get(key) ?? 0));
    }
  }
  return rows;
}
