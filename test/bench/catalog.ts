/**
 * `npm run bench:catalog [tables]`: what a look costs a server with very many tables (20,000 unless said otherwise), by our
 * clock and by the server's own pg_stat_statements. The budget is 5 s.
 */
import pg from 'pg';
import { readPostgres } from '../../lib/collect/postgres/read.ts';
import { createPostgres } from '../../lib/collect/postgres/source.ts';
import { startCluster } from '../../lib/demo/cluster.ts';

const tables = Number(process.argv[2] ?? 20_000);
const BUDGET_MS = 5_000;
/** Each table takes locks of its own until the transaction ends. */
const BATCH = 1_000;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const cluster = await startCluster({
  settings: { max_locks_per_transaction: '1024', autovacuum: 'off', fsync: 'off' },
});
try {
  const client = new pg.Client({ connectionString: cluster.url() });
  await client.connect();
  await client.query('CREATE EXTENSION pg_stat_statements');
  for (let from = 1; from <= tables; from += BATCH) {
    await client.query(`DO $$ BEGIN FOR i IN ${from}..${Math.min(from + BATCH - 1, tables)} LOOP
      EXECUTE format('CREATE TABLE t%s (id bigserial PRIMARY KEY, customer int NOT NULL, at timestamptz DEFAULT now(),
        state text, note text, amount numeric, kind int2, ref uuid DEFAULT gen_random_uuid())', i);
      EXECUTE format('CREATE INDEX ON t%s (customer)', i);
      EXECUTE format('CREATE INDEX ON t%s (at, state)', i);
      EXECUTE format('INSERT INTO t%s (customer, state, note, amount, kind)
        SELECT n %% 7, ''s'' || n %% 3, ''n'' || n, n, n %% 2 FROM generate_series(1, 30) n', i);
    END LOOP; END $$`);
  }
  await client.query('ANALYZE');
  await client.query('CHECKPOINT');
  say(`${tables} tables of 8 columns, ${3 * tables} indexes, ${tables} sequences, all analyzed`);
  for (const turn of ['first', 'second', 'third']) {
    await client.query('SELECT pg_stat_statements_reset()');
    const takenAt = new Date().toISOString();
    const began = performance.now();
    const reading = await readPostgres({
      source: createPostgres({ url: cluster.url() }),
      window: { start: takenAt, end: takenAt },
      previous: null,
      takenAt,
      progress: () => {},
    });
    const wall = Math.round(performance.now() - began);
    const own = `FROM pg_stat_statements WHERE query LIKE '%/* pg-hunt */%'`;
    const { rows } = await client.query(
      `SELECT round(sum(total_exec_time))::int AS ms, sum(calls)::int AS calls ${own}`,
    );
    const { queries, ms } = reading.load.postgres;
    const verdict = rows[0].ms <= BUDGET_MS ? 'within' : 'OVER';
    say(
      `${turn}: ${queries} queries, ${ms} ms waited for answers, ${wall} ms in all; server time ${rows[0].ms} ms, ${verdict} ${BUDGET_MS} ms; ` +
        `${reading.tables.length} tables, ${reading.indexes.length} indexes, ${reading.gaps.length} gaps; ` +
        `RSS ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`,
    );
    if (turn !== 'third') continue;
    const costliest = await client.query(
      `SELECT round(total_exec_time)::int AS ms, left(regexp_replace(query, '\\s+', ' ', 'g'), 80) AS text ${own} ORDER BY 1 DESC LIMIT 8`,
    );
    for (const { ms: each, text } of costliest.rows) say(`${String(each).padStart(7)} ms  ${text}`);
  }
  await client.end();
} finally {
  await cluster.stop();
}
