/** What pg_stat_statements has in the version that is installed: its columns decide, not the server's version. */
import type { MeasureOf } from '../../model/measures.ts';
import { ownMark } from './source.ts';

/** Where the extension lives. */
export interface Extension {
  readonly schema: string;
  readonly version: string;
  readonly columns: readonly string[];
}

interface Column {
  /** Newest name first: 17 renamed some. */
  readonly names: readonly string[];
  /** A setting without which PostgreSQL writes zeros. */
  readonly needs?: 'track_io_timing' | 'pg_stat_statements.track_planning';
}

const plain = (...names: readonly string[]): Column => ({ names });
const timed = (...names: readonly string[]): Column => ({ names, needs: 'track_io_timing' });
const planned = (...names: readonly string[]): Column => ({ names, needs: 'pg_stat_statements.track_planning' });

const counters = {
  calls: plain('calls'),
  totalTimeMs: plain('total_exec_time'),
  rows: plain('rows'),
  plans: planned('plans'),
  planTimeMs: planned('total_plan_time'),
  sharedBlocksHit: plain('shared_blks_hit'),
  sharedBlocksRead: plain('shared_blks_read'),
  sharedBlocksDirtied: plain('shared_blks_dirtied'),
  sharedBlocksWritten: plain('shared_blks_written'),
  localBlocksHit: plain('local_blks_hit'),
  localBlocksRead: plain('local_blks_read'),
  localBlocksDirtied: plain('local_blks_dirtied'),
  localBlocksWritten: plain('local_blks_written'),
  tempBlocksRead: plain('temp_blks_read'),
  tempBlocksWritten: plain('temp_blks_written'),
  blockReadTimeMs: timed('shared_blk_read_time', 'blk_read_time'),
  blockWriteTimeMs: timed('shared_blk_write_time', 'blk_write_time'),
  localBlockReadTimeMs: timed('local_blk_read_time'),
  localBlockWriteTimeMs: timed('local_blk_write_time'),
  tempBlockReadTimeMs: timed('temp_blk_read_time'),
  tempBlockWriteTimeMs: timed('temp_blk_write_time'),
  walRecords: plain('wal_records'),
  walFullPageImages: plain('wal_fpi'),
  walBytes: plain('wal_bytes'),
  walBuffersFull: plain('wal_buffers_full'),
  jitFunctions: plain('jit_functions'),
  jitGenerationTimeMs: plain('jit_generation_time'),
  jitInlinings: plain('jit_inlining_count'),
  jitInliningTimeMs: plain('jit_inlining_time'),
  jitOptimizations: plain('jit_optimization_count'),
  jitOptimizationTimeMs: plain('jit_optimization_time'),
  jitEmissions: plain('jit_emission_count'),
  jitEmissionTimeMs: plain('jit_emission_time'),
  jitDeforms: plain('jit_deform_count'),
  jitDeformTimeMs: plain('jit_deform_time'),
  parallelWorkersWanted: plain('parallel_workers_to_launch'),
  parallelWorkersLaunched: plain('parallel_workers_launched'),
} as const satisfies { readonly [Name in MeasureOf<'statement'>]?: Column };

/** Not to be subtracted. `stddev` and `planStddev` become sums of squares, which can. */
const gauges = {
  stddev: plain('stddev_exec_time'),
  planStddev: planned('stddev_plan_time'),
  minTimeMs: plain('min_exec_time'),
  maxTimeMs: plain('max_exec_time'),
  minPlanTimeMs: planned('min_plan_time'),
  maxPlanTimeMs: planned('max_plan_time'),
} as const satisfies Readonly<Record<string, Column>>;

function object(all: Readonly<Record<string, Column>>, { columns }: Extension): string {
  const pairs = Object.entries(all).flatMap(([name, { names, needs }]) => {
    const column = names.find((each) => columns.includes(each));
    if (column === undefined) return [];
    const value =
      needs === undefined ? `s.${column}` : `CASE current_setting('${needs}', true) WHEN 'on' THEN s.${column} END`;
    return [`'${name}', ${value}`];
  });
  return `json_build_object(${pairs.join(', ')})`;
}

/** Measures that this version cannot have, by the column that is missing. */
export const missingMeasures = ({ columns }: Extension): readonly string[] =>
  Object.entries<Column>(counters).flatMap(([measure, { names }]) =>
    names.some((name) => columns.includes(name)) ? [] : [measure],
  );

/** Only statements that a client sent: with track = all, what functions run is in its caller's time as well. */
export function statementsSql(extension: Extension): string {
  const { schema, columns } = extension;
  const time = (name: string) => (columns.includes(name) ? `extract(epoch FROM s.${name})::float8` : 'NULL::float8');
  return `SELECT ${ownMark} d.datname AS database, r.rolname AS user, s.queryid::text AS queryid, s.query AS text,
  ${time('stats_since')} AS since, ${time('minmax_stats_since')} AS extremes_since,
  ${object(counters, extension)} AS counters,
  ${object(gauges, extension)} AS gauges
FROM ${schema}.pg_stat_statements(true) s JOIN pg_database d ON d.oid = s.dbid LEFT JOIN pg_roles r ON r.oid = s.userid
${columns.includes('toplevel') ? 'WHERE s.toplevel' : ''}
ORDER BY d.datname COLLATE "C", s.queryid, r.rolname COLLATE "C"`;
}

/** The columns of 1.9 came together with the view that knows of resets and evictions. */
export function informationSql({ schema, columns }: Extension): string {
  const information = columns.includes('toplevel')
    ? `extract(epoch FROM i.stats_reset)::float8 AS since, i.dealloc::float8 AS evictions
FROM ${schema}.pg_stat_statements_info() i`
    : 'NULL::float8 AS since, NULL::float8 AS evictions';
  return `SELECT ${ownMark} (SELECT count(*)::float8 FROM ${schema}.pg_stat_statements(false)) AS entries, ${information}`;
}
