/**
 * `npm run bench:catalog [tables]`: what a look costs a server with very many tables (20,000 unless said otherwise), by our
 * clock, by the server's own pg_stat_statements, which counts elapsed time, and by the processor time of the process that
 * served us. Each look is a process of its own (catalog-child.ts), so that memory is that of one hunt. The budget is 5 s.
 */
import { spawnSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startCluster } from '../../lib/demo/cluster.ts';

const tables = Number(process.argv[2] ?? 20_000);
const BUDGET_MS = 5_000;
const BUDGET_MIB = 512;
/** Each table takes locks of its own until the transaction ends. */
const BATCH = 1_000;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

export interface Look {
  readonly queries: number;
  readonly waitedMs: number;
  readonly wallMs: number;
  readonly backendCpuMs: number | null;
  readonly peakMib: number;
  readonly tables: number;
  readonly indexes: number;
  readonly gaps: number;
  readonly notes: readonly string[];
}

const child = fileURLToPath(new URL('catalog-child.ts', import.meta.url));
/** `flags`: of Node, such as a limit of its heap. */
function lookFrom(url: string, flags: readonly string[]): Look {
  const ran = spawnSync(process.execPath, [...flags, '--import', 'tsx', child, url], { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`the look failed: ${ran.stderr}`);
  return JSON.parse(ran.stdout);
}

const cluster = await startCluster({
  settings: { max_locks_per_transaction: '1024', autovacuum: 'off', fsync: 'off' },
});
try {
  const client = new pg.Client({ connectionString: cluster.url() });
  await client.connect();
  await client.query('CREATE EXTENSION pg_stat_statements');
  for (let from = 1; from <= tables; from += BATCH) {
    // One in twenty has more than a mebibyte, by a fillfactor and not by rows, which would take longer to make.
    await client.query(`DO $$ BEGIN FOR i IN ${from}..${Math.min(from + BATCH - 1, tables)} LOOP
      EXECUTE format('CREATE TABLE t%s (id %s PRIMARY KEY, customer int NOT NULL, at timestamptz DEFAULT now(),
        state text, note text, amount numeric, kind int2, ref uuid DEFAULT gen_random_uuid()) %s', i,
        CASE i % 2 WHEN 0 THEN 'serial' ELSE 'bigserial' END, CASE i % 20 WHEN 0 THEN 'WITH (fillfactor = 10)' END);
      EXECUTE format('CREATE INDEX ON t%s (customer)', i);
      EXECUTE format('CREATE INDEX ON t%s (at, state)', i);
      EXECUTE format('INSERT INTO t%s (customer, state, note, amount, kind)
        SELECT n %% 7, ''s'' || n %% 3, ''n'' || n, n, n %% 2 FROM generate_series(1, %s) n', i,
        CASE i % 20 WHEN 0 THEN 1500 ELSE 30 END);
    END LOOP; END $$`);
  }
  await client.query('ANALYZE');
  await client.query('CHECKPOINT');
  say(`${tables} tables of 8 columns, ${3 * tables} indexes, ${tables} sequences, all analyzed`);
  const turns = [[], [], [], ['--max-old-space-size=320']];
  for (const [turn, flags] of turns.entries()) {
    await client.query('SELECT pg_stat_statements_reset()');
    const look = lookFrom(cluster.url(), flags);
    const own = `FROM pg_stat_statements WHERE query LIKE '%/* pg-hunt */%'`;
    const { rows } = await client.query(`SELECT round(sum(total_exec_time))::int AS ms ${own}`);
    const verdict = (within: boolean, budget: string) => `${within ? 'within' : 'OVER'} ${budget}`;
    say(
      `${turn + 1}${flags.length === 0 ? '' : ` (${flags.join(' ')})`}: ${look.queries} queries, ${look.waitedMs} ms waited for answers, ` +
        `${look.wallMs} ms in all; server time ${rows[0].ms} ms, ${verdict(rows[0].ms <= BUDGET_MS, `${BUDGET_MS} ms`)}; ` +
        `processor time of the backend ${look.backendCpuMs ?? 'unknown'} ms; ${look.tables} tables, ${look.indexes} indexes, ${look.gaps} gaps; ` +
        `peak RSS ${look.peakMib} MiB, ${verdict(look.peakMib <= BUDGET_MIB, `${BUDGET_MIB} MiB`)}; load average ${loadavg()[0]?.toFixed(1)}`,
    );
    if (turn !== turns.length - 2) continue;
    const costliest = await client.query(
      `SELECT round(total_exec_time)::int AS ms, left(regexp_replace(query, '\\s+', ' ', 'g'), 100) AS text ${own} ORDER BY 1 DESC LIMIT 10`,
    );
    for (const { ms: each, text } of costliest.rows) say(`${String(each).padStart(7)} ms  ${text}`);
    for (const note of look.notes) say(`  note: ${note}`);
  }
  await client.end();
} finally {
  await cluster.stop();
}
