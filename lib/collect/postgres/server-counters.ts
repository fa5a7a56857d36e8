/** Server-wide counters: several views, each with a reset of its own, some moved between versions. */
import type { IoRow, SlruRow } from '../../model/server-facts.ts';
import { type Counters, counted, present } from './present.ts';
import { ownMark, type Session } from './source.ts';

/** What one view counts. Between the views, resets may differ. */
export interface ServerCounters {
  readonly values: Counters;
  /** Unix seconds of its last reset. */
  readonly since: number | null;
}

interface Line {
  readonly since: number | null;
  readonly values: Readonly<Record<string, number | null>>;
}

const columns = (pairs: Readonly<Record<string, string>>) =>
  `json_build_object(${Object.entries(pairs)
    .map(([name, column]) => `'${name}', ${column}`)
    .join(', ')}) AS values`;

const since = 'extract(epoch FROM v.stats_reset)::float8 AS since';

async function read(session: Session, sql: string): Promise<ServerCounters> {
  const [line] = await session.ask<Line>(sql);
  return { values: counted(line?.values ?? {}), since: line?.since ?? null };
}

/** The checkpointer got a view of its own in 17. The span of all server counters is this one's. */
const checkpointsSql = (version: number) =>
  version >= 170_000
    ? `SELECT ${ownMark} ${since}, ${columns({
        checkpointsTimed: 'v.num_timed',
        checkpointsRequested: 'v.num_requested',
        checkpointWriteMs: 'v.write_time',
        checkpointSyncMs: 'v.sync_time',
        checkpointBuffersWritten: 'v.buffers_written',
        restartpointsTimed: 'v.restartpoints_timed',
        restartpointsRequested: 'v.restartpoints_req',
        restartpointsDone: 'v.restartpoints_done',
        ...(version >= 180_000 ? { checkpointsDone: 'v.num_done' } : {}),
      })} FROM pg_stat_checkpointer v`
    : `SELECT ${ownMark} ${since}, ${columns({
        checkpointsTimed: 'v.checkpoints_timed',
        checkpointsRequested: 'v.checkpoints_req',
        checkpointWriteMs: 'v.checkpoint_write_time',
        checkpointSyncMs: 'v.checkpoint_sync_time',
        checkpointBuffersWritten: 'v.buffers_checkpoint',
      })} FROM pg_stat_bgwriter v`;

const backgroundSql = (version: number) =>
  `SELECT ${ownMark} ${since}, ${columns({
    backgroundBuffersWritten: 'v.buffers_clean',
    backgroundWriteStops: 'v.maxwritten_clean',
    buffersAllocated: 'v.buffers_alloc',
    ...(version >= 170_000
      ? {}
      : { backendBuffersWritten: 'v.buffers_backend', backendFsyncs: 'v.buffers_backend_fsync' }),
  })} FROM pg_stat_bgwriter v`;

const onlyTimed = (column: string) => `CASE current_setting('track_wal_io_timing') WHEN 'on' THEN ${column} END`;

/** 18 moved writes and syncs to pg_stat_io. */
const walSql = (version: number) =>
  `SELECT ${ownMark} ${since}, ${columns({
    walRecords: 'v.wal_records',
    walFullPageImages: 'v.wal_fpi',
    walBytes: 'v.wal_bytes',
    walBuffersFull: 'v.wal_buffers_full',
    ...(version >= 180_000
      ? {}
      : {
          walWrites: 'v.wal_write',
          walSyncs: 'v.wal_sync',
          walWriteMs: onlyTimed('v.wal_write_time'),
          walSyncMs: onlyTimed('v.wal_sync_time'),
        }),
  })} FROM pg_stat_wal v`;

const archiverSql = `SELECT ${ownMark} ${since}, ${columns({
  walArchived: 'v.archived_count',
  walArchiveFailures: 'v.failed_count',
})}, extract(epoch FROM v.last_archived_time)::float8 AS archived_at,
  extract(epoch FROM v.last_failed_time)::float8 AS failed_at FROM pg_stat_archiver v`;

export const readCheckpoints = (session: Session, version: number) => read(session, checkpointsSql(version));
export const readBackground = (session: Session, version: number) => read(session, backgroundSql(version));
export const readWal = (session: Session, version: number) => read(session, walSql(version));

export async function readArchiver(session: Session): Promise<ServerCounters & { readonly gauges: Counters }> {
  const [line] = await session.ask<Line & { archived_at: number | null; failed_at: number | null }>(archiverSql);
  const gauges = present({ lastArchivedAt: line?.archived_at, lastArchiveFailureAt: line?.failed_at });
  return { values: counted(line?.values ?? {}), since: line?.since ?? null, gauges };
}

/** Before 18 it counts in blocks of op_bytes, and knows nothing of WAL. */
const ioSql = (version: number) => {
  const bytes = (kind: string) => (version >= 180_000 ? `v.${kind}_bytes` : `v.${kind}s * v.op_bytes`);
  const time = (kind: string) =>
    `CASE current_setting(CASE v.object WHEN 'wal' THEN 'track_wal_io_timing' ELSE 'track_io_timing' END) WHEN 'on' THEN v.${kind}_time END`;
  return `SELECT ${ownMark} ${since}, v.backend_type || '/' || v.object || '/' || v.context AS name, ${columns({
    reads: 'v.reads',
    readBytes: bytes('read'),
    readTimeMs: time('read'),
    writes: 'v.writes',
    writeBytes: bytes('write'),
    writeTimeMs: time('write'),
    writebacks: 'v.writebacks',
    writebackTimeMs: time('writeback'),
    extends: 'v.extends',
    extendBytes: bytes('extend'),
    extendTimeMs: time('extend'),
    hits: 'v.hits',
    evictions: 'v.evictions',
    reuses: 'v.reuses',
    fsyncs: 'v.fsyncs',
    fsyncTimeMs: time('fsync'),
  })} FROM pg_stat_io v ORDER BY 2`;
};

const slruSql = `SELECT ${ownMark} ${since}, v.name, ${columns({
  blocksZeroed: 'v.blks_zeroed',
  blocksHit: 'v.blks_hit',
  blocksRead: 'v.blks_read',
  blocksWritten: 'v.blks_written',
  flushes: 'v.flushes',
  truncates: 'v.truncates',
})} FROM pg_stat_slru v ORDER BY v.name`;

/** Lines of one view as one set of counters, named `line:counter`. Each line has a reset of its own: the latest counts. */
async function readLines(session: Session, sql: string): Promise<ServerCounters> {
  const lines = await session.ask<Line & { name: string }>(sql);
  const values = lines.flatMap(({ name, values: each }) =>
    Object.entries(counted(each)).map(([counter, value]) => [`${name}:${counter}`, value] as const),
  );
  const resets = lines.flatMap((line) => line.since ?? []);
  return { values: Object.fromEntries(values), since: resets.length === 0 ? null : Math.max(...resets) };
}

export const readSlru = (session: Session) => readLines(session, slruSql);
export const readIo = (session: Session, version: number) => readLines(session, ioSql(version));

function linesOf<Row>(values: Counters, name: (text: string) => Row): readonly (Row & Counters)[] {
  const lines = new Map<string, Record<string, number>>();
  for (const [key, value] of Object.entries(values)) {
    const at = key.lastIndexOf(':');
    const line = lines.get(key.slice(0, at)) ?? {};
    line[key.slice(at + 1)] = value;
    lines.set(key.slice(0, at), line);
  }
  const idle = (line: Readonly<Record<string, number>>) => Object.values(line).every((value) => value === 0);
  return [...lines].flatMap(([text, line]) => (idle(line) ? [] : [{ ...name(text), ...line }]));
}

/** Without lines in which nothing happened. */
export const slruRows = (values: Counters): readonly SlruRow[] => linesOf(values, (name) => ({ name }));

export const ioRows = (values: Counters): readonly IoRow[] =>
  linesOf(values, (text) => {
    const [backendType = '', object = '', context = ''] = text.split('/');
    return { backendType, object, context };
  });

/** Measures that were in other views before: what backends write themselves since 17, writes of WAL since 18. */
export function measuresOfIo(rows: readonly IoRow[], version: number, blockSize: number): Counters {
  const sum = (
    chosen: readonly IoRow[],
    ...names: readonly ('writeBytes' | 'extendBytes' | 'fsyncs' | 'writes' | 'writeTimeMs' | 'fsyncTimeMs')[]
  ) => {
    const known = chosen.flatMap((row) => names.flatMap((name) => row[name] ?? []));
    return known.length === 0 ? undefined : known.reduce((total, value) => total + value, 0);
  };
  const backends = rows.filter(
    ({ backendType, object }) => !/^(checkpointer|background writer)$/.test(backendType) && object !== 'wal',
  );
  const wal = rows.filter(({ object, context }) => object === 'wal' && context === 'normal');
  return present({
    ...(version >= 170_000
      ? {
          backendBuffersWritten: (sum(backends, 'writeBytes', 'extendBytes') ?? 0) / blockSize,
          backendFsyncs: sum(backends, 'fsyncs') ?? 0,
        }
      : {}),
    ...(version >= 180_000
      ? {
          walWrites: sum(wal, 'writes') ?? 0,
          walSyncs: sum(wal, 'fsyncs') ?? 0,
          walWriteMs: sum(wal, 'writeTimeMs'),
          walSyncMs: sum(wal, 'fsyncTimeMs'),
        }
      : {}),
  });
}
