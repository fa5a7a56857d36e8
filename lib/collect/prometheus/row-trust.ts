/** Samples and resets of each row: without two samples there is no increase, and with few it is only a part. */
import { measures } from '../../model/measures.ts';
import type { Gap } from '../../model/snapshot.ts';
import type { Asked } from './ask.ts';
import { rolesOf } from './dialect.ts';
import { identityIn } from './naming.ts';
import type { LeadKind, TrustQuestion } from './quality.ts';
import type { Joined } from './rows.ts';
import type { Servers } from './servers.ts';

/** Below this share of the samples of the row that has most, a row came late, went early or was left out at times. */
const HALF = 0.5;
const plural = { statement: 'statements', table: 'tables', index: 'indexes' } as const;

/** Marks rows that were seen for a part of the window, and takes the increases from those that have none. */
export function trustRows(
  target: string,
  joined: Joined,
  servers: Servers,
  asked: readonly Asked<TrustQuestion>[],
): { readonly gaps: readonly Gap[]; readonly notes: readonly string[] } {
  const gaps: Gap[] = [];
  const notes: string[] = [];
  for (const kind of ['statement', 'table', 'index'] as const) {
    const values = (about: TrustQuestion['about']) => byRow(about, kind, target, servers, asked);
    const samples = values('row-samples');
    const most = [...samples.values()].reduce((top, count) => Math.max(top, count), 0);
    const counters = Object.entries(measures[kind]).flatMap(([name, { over }]) => (over === 'counter' ? [name] : []));
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
        row.seenShare = count / most;
      }
    }
    if (single > 0) gaps.push(singleGap(kind, single, counters));
    if (partial > 0) {
      notes.push(
        `${partial} of ${joined.rows[kind].size} ${plural[kind]} had samples in less than half of the window, because they are new or the exporter left them out at times; their numbers say at least.`,
      );
    }
    const again = [...values('row-resets')].filter(([key, count]) => count > 0 && joined.rows[kind].has(key)).length;
    if (kind === 'statement' && again > 0) {
      notes.push(
        `Counters of ${again} statements began again in the window, because pg_stat_statements was reset or is too small; what they counted between the last sample and that is lost.`,
      );
    }
  }
  return { gaps, notes };
}

function singleGap(kind: LeadKind, count: number, counters: readonly string[]): Gap {
  return {
    kind,
    measures: counters,
    source: 'prometheus',
    absence: 'no-history',
    reason: `${count} ${plural[kind]} have a single sample in the window, from which no increase can be told.`,
    remedy: 'Run again when there are more samples; if it stays, scrape more often.',
  };
}

/** The largest of each row, under the key that joinSamples gives it; several users share a statement. */
function byRow(
  about: TrustQuestion['about'],
  kind: LeadKind,
  target: string,
  servers: Servers,
  asked: readonly Asked<TrustQuestion>[],
): ReadonlyMap<string, number> {
  const rows = new Map<string, number>();
  for (const { question, answer } of asked) {
    if (question.about !== about || question.of?.kind !== kind) continue;
    for (const { labels, value } of answer.samples) {
      if (servers.of(labels) !== target) continue;
      const { user: _user, ...identity } = identityIn(labels, rolesOf[kind], question.of.dialect);
      const key = JSON.stringify(Object.values(identity));
      rows.set(key, Math.max(value, rows.get(key) ?? 0));
    }
  }
  return rows;
}
