/** The CLI as a user runs it, and a shop with load on Debian's PostgreSQL. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, NO_COLOR: '1', ...options.env },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

export const runHunt = (...args: readonly string[]): Promise<Ran> =>
  run('npm', ['run', '--silent', 'hunt', '--', ...args]);

/** Planted: a lookup on a column without an index, a foreign key without one, two indexes alike, and rows nobody vacuums. */
const SHOP = `
CREATE EXTENSION pg_stat_statements;
CREATE TABLE customers (id int PRIMARY KEY, email text NOT NULL);
CREATE TABLE orders (
  id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, reference text NOT NULL, total numeric NOT NULL);
CREATE TABLE stock (product_id int PRIMARY KEY, quantity int NOT NULL) WITH (autovacuum_enabled = true, autovacuum_vacuum_cost_delay = 100);
CREATE TABLE "<img src=x onerror=1>" (id int PRIMARY KEY, note text);
INSERT INTO customers SELECT n, 'c' || n || '@example.com' FROM generate_series(1, 40000) n;
INSERT INTO orders SELECT n, 1 + (n * 7) % 20000, md5(n::text), n % 500 FROM generate_series(1, 400000) n;
INSERT INTO stock SELECT n, 100 FROM generate_series(1, 20000) n;
INSERT INTO "<img src=x onerror=1>" SELECT n, 'x' FROM generate_series(1, 20000) n;
CREATE INDEX orders_total_idx ON orders (total);
CREATE INDEX orders_total_again_idx ON orders (total);
ANALYZE;
`;

export async function buildShop(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(SHOP);
  await client.end();
}

/** Runs the load until told to stop; answers how many statements ran. */
export function startLoad(url: string): () => Promise<number> {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  let going = true;
  let statements = 0;
  const worker = async (seed: number): Promise<void> => {
    for (let turn = seed; going; turn += 4) {
      const reference = (await pool.query('SELECT md5($1::text) AS m', [String(1 + (turn % 400_000))])).rows[0].m;
      await pool.query('SELECT id, total FROM orders WHERE reference = $1', [reference]);
      await pool.query('SELECT email FROM customers WHERE id = $1', [1 + (turn % 20_000)]);
      await pool.query('UPDATE stock SET quantity = quantity - 1 WHERE product_id <= 200');
      await pool.query('SELECT count(*) FROM "<img src=x onerror=1>" WHERE note = \'</mj-text>\' || $1', ['x']);
      // Customers without orders leave; each has the server look through all orders, as their foreign key has no index.
      await pool.query('DELETE FROM customers WHERE id = $1', [20_001 + (turn % 20_000)]);
      statements += 6;
    }
  };
  const workers = [0, 1, 2, 3].map(worker);
  return async () => {
    going = false;
    await Promise.all(workers);
    await pool.end();
    return statements;
  };
}
