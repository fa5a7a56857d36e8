/** What else changed between two runs and can make statements slower: said beside the cause, not instead of it. */
import type { History } from '../model/history.ts';
import type { Regression } from '../model/regression.ts';
import type { TableRow } from '../model/rows.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { round } from './words.ts';

/** Settings that plans, memory, caching or waiting follow. */
const TELLING =
  /^(work_mem|hash_mem_multiplier|shared_buffers|effective_cache_size|effective_io_concurrency|(random|seq)_page_cost|cpu_\w+_cost|default_statistics_target|enable_\w+|jit\w*|(join|from)_collapse_limit|geqo\w*|plan_cache_mode|max_parallel_\w+|parallel_\w+_cost|synchronous_commit|track_io_timing|max_wal_size|checkpoint_\w+|commit_delay|max_connections|huge_pages)$/;
const MOST = 2;

type Then = Pick<History, 'settings' | 'indexes'>;

/** `tables`: those of the statement; without them only settings are looked at. */
export function meanwhile(
  then: Then | null,
  { server, indexes }: Snapshot,
  tables: readonly TableRow[] = [],
): string | null {
  if (then === null) return null;
  const settings = changedSettings(then, { server });
  const here = new Set(indexes.map(nameOf));
  const dropped = then.indexes.filter(
    (index) =>
      tables.some((table) => sameTable(table, index)) &&
      !here.has(nameOf(index)) &&
      // Of a table no index of which is seen, nobody may have looked.
      indexes.some((other) => sameTable(other, index)),
  );
  const all = [...dropped.map(({ index }) => `the index ${index} was dropped`), ...settings];
  if (all.length === 0) return null;
  const more = all.length > MOST ? [`${all.length - MOST} more settings or indexes were changed`] : [];
  return `meanwhile ${[...all.slice(0, MOST), ...more].join(' and ')}`;
}

/** `work_mem was changed from 4MB to 64MB`, of each that can make statements slower or faster. */
export function changedSettings(then: Pick<History, 'settings'>, { server }: Pick<Snapshot, 'server'>): string[] {
  return Object.entries(then.settings).flatMap(([name, before]) => {
    const now = server.settings[name]?.value;
    if (!TELLING.test(name) || now === undefined || now === before) return [];
    return [`${name} was changed from ${before} to ${now}`];
  });
}

/** Sessions seen waiting for each other, and how long the longest had. */
const WAITING = 0.5;
const LONG_SECONDS = 5;

/** That sessions waited for locks now and, in the run before, far less; null where they did not or nobody looked. */
export function lockWaits(then: Pick<History, 'server'> | null, now: Pick<History, 'server'>): string | null {
  if (then === null) return null;
  const more = (name: string, least: number): boolean => {
    const [before, today] = [then.server[name], now.server[name]];
    return before !== undefined && today !== undefined && today >= least && today >= 2 * before;
  };
  if (more('longestBlockedSeconds', LONG_SECONDS)) {
    return `sessions wait for locks, the longest ${round(now.server.longestBlockedSeconds ?? 0)} s when it was looked at`;
  }
  return more('lockWaits', WAITING)
    ? `${round(now.server.lockWaits ?? 0)} sessions waited for locks when it was looked at`
    : null;
}

/** In the sentence of the main cause; more calls are not explained by it. */
export function beside(causes: Regression['cause'], also: string | null): Regression['cause'] {
  const [first, ...others] = causes;
  if (first === undefined || first.kind === 'calls' || also === null) return causes;
  return [{ ...first, text: `${first.text}; ${also}` }, ...others];
}

interface Place {
  readonly database: string;
  readonly schema: string;
  readonly table: string;
}

function nameOf({ database, schema, index }: Pick<Place, 'database' | 'schema'> & { readonly index: string }): string {
  return JSON.stringify([database, schema, index]);
}

function sameTable(a: Place, b: Place): boolean {
  return a.database === b.database && a.schema === b.schema && a.table === b.table;
}
