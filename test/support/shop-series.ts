/** What postgres_exporter would have shown of one small shop: series for the fake Prometheus, one sample a minute. */
import type { FakeSeries } from './fake-promql.ts';

/** `end`: ISO 8601. Counters grow by `perMinute`. */
export function shopSeries(end: string, minutes = 30): readonly FakeSeries[] {
  const until = Date.parse(end) / 1000;
  const times = Array.from({ length: minutes + 1 }, (_, at) => until - (minutes - at) * 60);
  const labels = (name: string, more: Record<string, string>) => ({
    __name__: name,
    job: 'postgres',
    instance: 'shop-db:9187',
    ...more,
  });
  const gauge = (name: string, value: number, more: Record<string, string> = {}): FakeSeries => ({
    labels: labels(name, more),
    points: times.map((at) => [at, value] as const),
  });
  const counter = (name: string, perMinute: number, more: Record<string, string> = {}): FakeSeries => ({
    labels: labels(name, more),
    points: times.map((at, index) => [at, 1_000 + perMinute * index] as const),
  });
  const shop = { datname: 'shop' };
  const orders = { ...shop, schemaname: 'public', relname: 'orders' };
  const statement = { ...shop, queryid: '4711', user: 'web' };
  return [
    gauge('pg_up', 1),
    gauge('pg_settings_server_version_num', 180_000),
    gauge('pg_settings_max_connections', 100),
    gauge('pg_stat_database_numbackends', 97, shop),
    gauge('pg_database_size_bytes', 5e9, shop),
    counter('pg_stat_database_xact_commit', 6_000, shop),
    counter('pg_stat_database_blks_hit', 90_000, shop),
    counter('pg_stat_database_blks_read', 30_000, shop),
    counter('pg_stat_database_active_time_seconds_total', 40, shop),
    gauge('pg_stat_user_tables_n_live_tup', 2_000_000, orders),
    gauge('pg_stat_user_tables_n_dead_tup', 1_500_000, orders),
    counter('pg_stat_user_tables_seq_scan', 50, orders),
    counter('pg_stat_user_tables_seq_tup_read', 1e8, orders),
    counter('pg_stat_user_tables_idx_scan', 5_000, orders),
    counter('pg_stat_statements_calls_total', 300, statement),
    counter('pg_stat_statements_seconds_total', 36, statement),
    counter('pg_stat_statements_rows_total', 300, statement),
    gauge('pg_stat_statements_query_id', 1, {
      queryid: '4711',
      query: "SELECT * FROM orders WHERE customer = 'Ada Lovelace'",
    }),
  ];
}
