/** The series of one large server, as postgres_exporter 0.19 publishes them; for blocks/main.go. */
export interface Size {
  readonly statements: number;
  readonly tables: number;
  readonly indexes: number;
}

export interface Class {
  readonly first: number;
  readonly step: number;
  readonly counter: boolean;
  readonly whole: boolean;
}

interface Line {
  readonly class: number;
  readonly labels: Readonly<Record<string, string>>;
}

const ofTables = {
  counters: [
    ...['seq_scan', 'seq_tup_read', 'idx_scan', 'idx_tup_fetch', 'n_tup_ins', 'n_tup_upd', 'n_tup_hot_upd'],
    ...['n_tup_del', 'vacuum_count', 'autovacuum_count', 'analyze_count', 'autoanalyze_count'],
  ].map((name) => `pg_stat_user_tables_${name}`),
  gauges: [
    ...['n_live_tup', 'n_dead_tup', 'n_mod_since_analyze', 'table_size_bytes', 'index_size_bytes'],
    ...['last_vacuum', 'last_autovacuum', 'last_analyze', 'last_autoanalyze'],
  ].map((name) => `pg_stat_user_tables_${name}`),
  blocks: ['heap', 'idx', 'toast', 'tidx'].flatMap((part) =>
    ['read', 'hit'].map((how) => `pg_statio_user_tables_${part}_blocks_${how}`),
  ),
};
const ofDatabases = {
  counters: [
    ...['xact_commit', 'xact_rollback', 'blks_read', 'blks_hit', 'tup_returned', 'tup_fetched', 'tup_inserted'],
    ...['tup_updated', 'tup_deleted', 'conflicts', 'temp_files', 'temp_bytes', 'deadlocks', 'blk_read_time'],
    ...['blk_write_time', 'active_time_seconds_total'],
  ].map((name) => `pg_stat_database_${name}`),
  gauges: ['pg_stat_database_numbackends', 'pg_database_size_bytes', 'pg_stat_database_stats_reset'],
};
const settings = ['max_connections', 'server_version_num', 'block_size', 'shared_buffers_bytes'];

/** How many kinds of a counter there are; series of one kind have the same values. */
const KINDS = 64;

export function bigServer(size: Size): { readonly classes: readonly Class[]; readonly series: readonly Line[] } {
  const classes: Class[] = [];
  const series: Line[] = [];
  const kinds = (of: (kind: number) => Class): readonly number[] =>
    Array.from({ length: KINDS }, (_, kind) => classes.push(of(kind)) - 1);
  // One in eight stands still, as much of a real server does.
  const rate = (kind: number) => (kind % 8 === 0 ? 0 : 1.2 ** kind / 10);
  const counts = kinds((kind) => ({ first: 1_000 * kind, step: rate(kind), counter: true, whole: true }));
  const times = kinds((kind) => ({ first: 10 * kind, step: rate(kind) / 500, counter: true, whole: false }));
  const gauges = kinds((kind) => ({ first: 10_000 * kind, step: kind, counter: false, whole: true }));
  const add = (name: string, of: readonly number[], place: number, labels: Readonly<Record<string, string>> = {}) =>
    series.push({
      class: of[place % KINDS] ?? 0,
      labels: { __name__: name, job: 'postgres', instance: 'db-1.example.com:9187', ...labels },
    });
  const numbers = (count: number) => Array.from({ length: count }, (_, each) => each);
  for (const each of numbers(size.statements)) {
    const labels = {
      datname: 'shop',
      user: `app_${each % 3}`,
      queryid: String(7_000_000_000_000_000_000n + BigInt(each) * 7_919n),
    };
    for (const name of ['calls', 'rows']) add(`pg_stat_statements_${name}_total`, counts, each, labels);
    for (const name of ['seconds', 'block_read_seconds', 'block_write_seconds']) {
      add(`pg_stat_statements_${name}_total`, times, each, labels);
    }
  }
  const table = (each: number) => ({
    datname: 'shop',
    schemaname: `part_${each % 20}`,
    relname: `orders_history_${each}`,
  });
  for (const each of numbers(size.tables)) {
    for (const name of [...ofTables.counters, ...ofTables.blocks]) add(name, counts, each, table(each));
    for (const name of ofTables.gauges) add(name, gauges, each, table(each));
  }
  for (const each of numbers(size.indexes)) {
    const { datname: _none, ...labels } = { ...table(each % size.tables), indexrelname: `orders_history_${each}_idx` };
    for (const how of ['read', 'hit']) add(`pg_statio_user_indexes_idx_blks_${how}_total`, counts, each, labels);
  }
  for (const [place, datname] of ['shop', 'postgres', 'template1'].entries()) {
    for (const name of ofDatabases.counters) add(name, counts, place + 30, { datname });
    for (const name of ofDatabases.gauges) add(name, gauges, place + 1, { datname });
  }
  for (const [place, name] of settings.entries()) add(`pg_settings_${name}`, gauges, place);
  for (const each of numbers(250)) add(`pg_settings_other_${each}`, gauges, each);
  for (const state of ['active', 'idle', 'idle in transaction']) {
    add('pg_stat_activity_count', gauges, 2, { datname: 'shop', state, usename: 'app', application_name: 'web' });
    add('pg_stat_activity_max_tx_duration', gauges, 1, { datname: 'shop', state, usename: 'app' });
  }
  for (const name of ['timed', 'req', 'write_time'])
    add(`pg_stat_bgwriter_checkpoint${name === 'write_time' ? '' : 's'}_${name}_total`, counts, 20);
  add('pg_postmaster_start_time_seconds', gauges, 3);
  add('pg_up', gauges, 0);
  return { classes, series };
}
