/**
 * What every finding carries, filled in where its advisor had nothing better to say: what each statement locks, blocks,
 * takes and writes, and the query that shows whether it worked.
 */
import type { Finding, MeasuredBy, Step } from '../model/finding.ts';
import type { TableRow } from '../model/rows.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { statementsAmong, tableAt } from './lookup.ts';
import { quoteQualified, quoteRegclass, quoteText } from './sql/quote.ts';

/** A change of a few rows of the catalog, with a full-page image for each page of them. */
const CATALOG_WAL = 64 * 1024;
const QUICK = { low: 0.01, likely: 0.1, high: 5, unit: 's' } as const;
/** An exclusive lock is waited for behind what runs; then it takes a moment. */
const MOMENT = { low: 0.01, likely: 0.1, high: 60, unit: 's' } as const;
const MB = 1_000_000;

type Facts = Pick<Step, 'lock' | 'blocks' | 'inTransaction' | 'durationEstimate' | 'diskBytes' | 'walBytes'>;

const ANALYZE: Facts = {
  lock: 'SHARE UPDATE EXCLUSIVE on the table',
  blocks: 'VACUUM, ANALYZE, index builds and ALTER TABLE of the table; reads and writes go on',
  inTransaction: true,
  durationEstimate: { low: 0.1, likely: 3, high: 60, unit: 's' },
  diskBytes: 0,
  walBytes: CATALOG_WAL,
};

/** The first that fits the statement's beginning. */
const kinds: readonly { readonly is: RegExp; readonly facts: (step: Step, table: TableRow | null) => Facts }[] = [
  {
    is: /^(show\b|select pg_reload_conf\b)/i,
    facts: () => ({ lock: 'none', blocks: 'nothing', inTransaction: true, durationEstimate: QUICK, ...writes(0) }),
  },
  {
    is: /^(select|with|explain)\b/i,
    facts: () => ({
      lock: 'ACCESS SHARE on what it reads',
      blocks: 'nothing but DDL that needs the relation alone, for as long as it reads',
      inTransaction: true,
      durationEstimate: QUICK,
      ...writes(0),
    }),
  },
  {
    is: /^alter system\b/i,
    facts: () => ({ lock: 'none', blocks: 'nothing', inTransaction: false, durationEstimate: QUICK, ...writes(0) }),
  },
  {
    is: /^alter table\b.*\btype\b/is,
    facts: (_step, table) => {
      const bytes = sizeOf(table);
      return {
        inTransaction: true,
        ...(bytes === null ? {} : { durationEstimate: seconds(bytes), diskBytes: bytes, walBytes: bytes }),
      };
    },
  },
  {
    is: /^(create( unique)? index|reindex)\b/i,
    facts: ({ diskBytes }, table) => ({
      lock: 'SHARE UPDATE EXCLUSIVE on its table',
      blocks: 'VACUUM, ANALYZE and DDL on the table; neither reads nor writes',
      inTransaction: false,
      // A concurrent build reads the table twice.
      ...(table?.heapBytes === undefined ? {} : { durationEstimate: seconds(2 * table.heapBytes) }),
      // All that it writes is WAL as well, unless wal_level is minimal.
      ...(diskBytes === undefined ? {} : { walBytes: diskBytes }),
    }),
  },
  {
    is: /^vacuum\b/i,
    facts: (_step, table) => ({
      inTransaction: false,
      diskBytes: 0,
      // At worst a full-page image of each page that has a dead row.
      ...(table?.heapBytes === undefined
        ? {}
        : { walBytes: Math.min(table.heapBytes, Math.ceil((table.deadRows ?? 0) * 8192)) + CATALOG_WAL }),
    }),
  },
  { is: /^analyze\b/i, facts: () => ANALYZE },
  { is: /^alter table\b.*\bvalidate constraint\b/is, facts: (_step, table) => scanned(table) },
  { is: /./s, facts: () => ({ inTransaction: true, durationEstimate: MOMENT, ...writes(CATALOG_WAL) }) },
];

function writes(walBytes: number): Facts {
  return { diskBytes: 0, walBytes };
}

function scanned(table: TableRow | null): Facts {
  const bytes = sizeOf(table);
  return {
    inTransaction: true,
    ...(bytes === null ? {} : { durationEstimate: seconds(bytes) }),
    ...writes(CATALOG_WAL),
  };
}

function sizeOf(table: TableRow | null): number | null {
  return table?.heapBytes === undefined ? null : table.heapBytes + (table.indexBytes ?? 0);
}

function seconds(bytes: number): NonNullable<Step['durationEstimate']> {
  const at = (speed: number) => Math.max(1, Math.ceil(bytes / speed));
  return { low: at(500 * MB), likely: at(100 * MB), high: at(20 * MB), unit: 's' };
}

export function carried(finding: Finding, snapshot: Snapshot): Finding {
  const { database = '', schema = '', table: name = '' } = finding.subject;
  const table = tableAt(snapshot.tables, { database, schema, table: name });
  const steps = finding.steps.map((step): Step => {
    const { sql } = step;
    if (sql === undefined) return step;
    return { ...kinds.find(({ is }) => is.test(sql))?.facts(step, table), ...step };
  });
  const measuredBy = finding.measuredBy ?? measured(finding, snapshot);
  return { ...finding, steps, ...(measuredBy === null ? {} : { measuredBy }) };
}

const MAX_STATEMENTS = 10;

/** The number that was promised; else the sign that it was done; else the look that its steps begin with. */
function measured(finding: Finding, snapshot: Snapshot): MeasuredBy | null {
  const { gain, done, steps, subject, benefit } = finding;
  const sql = (query: string): MeasuredBy => ({ language: 'sql', query });
  if (gain.kind === 'statement-time') {
    const timed = meanOf(gain.statements, finding, snapshot);
    if (timed !== null) return timed;
  }
  if (gain.kind === 'table-measure') {
    const column = { deadRows: 'n_dead_tup', modifiedSinceAnalyze: 'n_mod_since_analyze' }[gain.measure];
    const place = `schemaname = ${quoteText(gain.schema)} AND relname = ${quoteText(gain.table)}`;
    const now = tableAt(snapshot.tables, gain)?.[gain.measure];
    return {
      ...sql(`SELECT ${column}, n_live_tup FROM pg_stat_user_tables WHERE ${place};`),
      ...(now === undefined ? {} : { now, unit: 'rows' }),
    };
  }
  if (gain.kind === 'server-measure') {
    const now = snapshot.server[gain.measure];
    const unit = gain.measure === 'idleInTransactionSeconds' ? 's' : 'count';
    return { ...sql(serverQuery(gain.measure, snapshot)), ...(now === undefined ? {} : { now, unit }) };
  }
  if (done.kind === 'index-dropped') {
    const name = quoteRegclass(done.schema, done.index);
    const size = benefit.kind === 'space' ? { now: benefit.bytes.likely, target: 0, unit: 'bytes' as const } : {};
    return { ...sql(`SELECT coalesce(pg_relation_size(to_regclass(${name})), 0) AS bytes;`), ...size };
  }
  if (done.kind === 'index-created') {
    const table = quoteRegclass(done.schema, done.table);
    return sql(
      `SELECT indexrelid::regclass AS index, indisvalid, idx_scan FROM pg_index JOIN pg_stat_user_indexes USING (indexrelid) WHERE indrelid = ${table}::regclass;`,
    );
  }
  const look = steps.find(({ sql: text }) => text !== undefined && /^select\b(?! pg_reload_conf)/i.test(text));
  if (look?.sql !== undefined) return sql(look.sql);
  if (done.kind === 'setting-changed') {
    return sql(`SELECT name, setting, unit, pending_restart FROM pg_settings WHERE name = ${quoteText(done.setting)};`);
  }
  if (done.kind === 'storage-changed') {
    return sql(`SELECT reloptions FROM pg_class WHERE oid = ${quoteRegclass(done.schema, done.table)}::regclass;`);
  }
  const { database, schema, table, statement } = subject;
  if (statement !== undefined) return meanOf([statement], finding, snapshot);
  if (table !== undefined) {
    const name = `${quoteText(quoteQualified(schema ?? 'public', table))}::regclass`;
    return sql(`SELECT seq_scan, seq_tup_read, idx_scan, n_dead_tup FROM pg_stat_user_tables WHERE relid = ${name};`);
  }
  if (database === undefined) return null;
  const columns = 'xact_commit, xact_rollback, deadlocks, temp_files, temp_bytes, blks_read, blks_hit, stats_reset';
  return sql(`SELECT ${columns} FROM pg_stat_database WHERE datname = ${quoteText(database)};`);
}

function meanOf(statements: readonly string[], { subject, benefit }: Finding, { statements: rows }: Snapshot) {
  const own = statementsAmong(rows, statements).filter(
    ({ database }) => subject.database === undefined || database === subject.database,
  );
  const ids = [...new Set(own.map(({ queryid }) => queryid).filter((id) => /^-?\d+$/.test(id)))].sort();
  if (ids.length === 0) return null;
  const calls = own.reduce((all, row) => all + (row.calls ?? 0), 0);
  const ms = own.reduce((all, row) => all + (row.totalTimeMs ?? 0), 0);
  const now = calls > 0 ? ms / calls : undefined;
  const query = `SELECT queryid, calls, total_exec_time, total_exec_time / nullif(calls, 0) AS mean_ms FROM pg_stat_statements WHERE queryid IN (${ids.slice(0, MAX_STATEMENTS).join(', ')});`;
  const goal = now === undefined || benefit.kind !== 'time' ? {} : { target: now * (1 - benefit.reduces.likely) };
  return {
    language: 'sql' as const,
    query,
    ...(now === undefined ? {} : { now, unit: 'ms/call' as const }),
    ...goal,
  };
}

function serverQuery(
  measure: 'connectionsPeak' | 'idleInTransactionSeconds' | 'checkpointsRequested',
  { server }: Snapshot,
): string {
  switch (measure) {
    case 'connectionsPeak':
      return "SELECT count(*) AS connections FROM pg_stat_activity WHERE backend_type = 'client backend';";
    case 'idleInTransactionSeconds':
      return "SELECT extract(epoch FROM max(now() - xact_start)) AS seconds FROM pg_stat_activity WHERE state LIKE 'idle in transaction%';";
    case 'checkpointsRequested':
      return (server.versionNum ?? 0) >= 170_000
        ? 'SELECT num_timed, num_requested FROM pg_stat_checkpointer;'
        : 'SELECT checkpoints_timed, checkpoints_req FROM pg_stat_bgwriter;';
    default:
      throw new Error(`unknown measure ${measure satisfies never}`);
  }
}
