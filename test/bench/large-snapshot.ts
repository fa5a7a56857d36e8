/** A server of any size, as a snapshot with texts, columns, keys and counters; one table in eight has something to find. */
import type { IndexRow, StatementRow, TableRow } from '../../lib/model/rows.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { aColumn, anIndex, aSnapshot, aStatement, aTable, NOW_SECONDS } from '../support/rows.ts';

export interface Size {
  readonly statements: number;
  readonly tables: number;
  readonly indexes: number;
}

const MIB = 1024 ** 2;
const DAY = 24 * 3600;
/** Zipf: the first statements take most of the time, as they do everywhere. */
const HOURS = 10;
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, each) => each);
const tableName = (each: number) => `ledger_${each}`;

export function largeSnapshot({ statements, tables, indexes }: Size): Snapshot {
  const weights = upTo(statements).map((each) => 1 / (each + 1));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return aSnapshot({
    tables: upTo(tables).map((each) => table(each, tables)),
    indexes: upTo(indexes).map((each) => index(each, tables)),
    statements: weights.map((weight, each) => statement(each, tables, (weight / all) * HOURS * 3_600_000)),
  });
}

function table(each: number, tables: number): TableRow {
  const rows = 20_000 + (each % 50) * 40_000;
  const kind = each % 8;
  return aTable({
    schema: `part_${each % 20}`,
    table: tableName(each),
    columns: [
      aColumn('id'),
      aColumn('account_id', { distinct: 50_000, topShare: 0.0005 }),
      aColumn('state', { type: 'text', distinct: 5, topShare: 0.6, averageBytes: 7 }),
      aColumn('created_at', { type: 'timestamp with time zone', distinct: -0.9 }),
      aColumn('reference', { type: 'text', distinct: -0.8, averageBytes: 24 }),
      aColumn('parent_id', { notNull: false, nullShare: 0.1, distinct: -0.2 }),
      aColumn('amount', { type: 'numeric', distinct: 10_000 }),
      aColumn('payload', { type: 'jsonb', distinct: -1, averageBytes: 180 }),
    ],
    foreignKeys: [
      {
        name: `${tableName(each)}_parent_fkey`,
        columns: ['parent_id'],
        referencedSchema: `part_${((each + 1) % tables) % 20}`,
        referencedTable: tableName((each + 1) % tables),
        referencedColumns: ['id'],
        onDelete: 'no action',
        onUpdate: 'no action',
        validated: true,
      },
    ],
    liveRows: rows,
    estimatedRows: rows,
    heapBytes: rows * 260,
    indexBytes: rows * 60,
    ...(kind === 1 ? { sequentialScans: 2_000, sequentialRowsRead: 2_000 * rows } : {}),
    ...(kind === 3 ? { deadRows: rows * 0.4, lastAutovacuumAt: NOW_SECONDS - 20 * DAY, autovacuums: 0 } : {}),
    ...(kind === 5 ? { modifiedSinceAnalyze: rows * 0.6, lastAutoanalyzeAt: NOW_SECONDS - 30 * DAY } : {}),
    ...(kind === 7 ? { rowsDeleted: 5_000 } : {}),
  });
}

/** In turns the primary key, one on the account, one on the state and time; the last is never used on one table in eight. */
function index(each: number, tables: number): IndexRow {
  const owner = each % tables;
  const turn = Math.floor(each / tables);
  const name = tableName(owner);
  const place = { schema: `part_${owner % 20}`, table: name };
  if (turn === 0) {
    const constraint = `${name}_pkey`;
    return anIndex({ ...place, index: constraint, columns: ['id'], unique: true, primary: true, constraint });
  }
  // Tables read from end to end have no index on the account.
  if (turn === 1) return anIndex({ ...place, columns: owner % 8 === 1 ? ['state'] : ['account_id'] });
  const unused = owner % 8 === 2 ? { scans: 0, scansSinceReset: 0, lastScanAt: undefined, sizeBytes: 40 * MIB } : {};
  return anIndex({ ...place, index: `${name}_state_${turn}`, columns: ['created_at', 'state'], ...unused });
}

/** Five hundred shapes of each of eight kinds over all tables; no two texts are the same. */
function statement(each: number, tables: number, totalTimeMs: number): StatementRow {
  const name = tableName(each % tables);
  const other = tableName((each + 1) % tables);
  const turn = Math.floor(each / tables);
  const kinds: readonly ((at: string) => string)[] = [
    (at) => `SELECT * FROM ${name} WHERE account_id = $1 AND state = $2 ORDER BY created_at DESC LIMIT $3 ${at}`,
    (at) => `SELECT id, amount FROM ${name} WHERE id = $1 ${at}`,
    (at) => `UPDATE ${name} SET state = $1, amount = amount + $2 WHERE id = $3 ${at}`,
    (at) =>
      `INSERT INTO ${name} (account_id, state, created_at, reference) VALUES ($1, $2, now(), $3) RETURNING id ${at}`,
    (at) =>
      `SELECT a.id, b.amount, count(*) FROM ${name} a JOIN ${other} b ON b.parent_id = a.id LEFT JOIN ${name} c ON c.account_id = b.account_id WHERE a.created_at > $1 AND b.state IN ($2, $3) GROUP BY a.id, b.amount ORDER BY count(*) DESC LIMIT $4 ${at}`,
    (at) => `SELECT * FROM ${name} WHERE lower(reference) LIKE $1 OR account_id = $2 ${at}`,
    (at) =>
      `SELECT id FROM ${name} t WHERE created_at < $1 AND NOT EXISTS (SELECT 1 FROM ${other} o WHERE o.parent_id = t.id AND o.state = $2) OFFSET $3 LIMIT $4 ${at}`,
    (at) => `DELETE FROM ${name} WHERE account_id = $1 AND created_at < $2 ${at}`,
  ];
  const kind = kinds[(each + turn) % kinds.length] ?? ((at) => `SELECT 1 ${at}`);
  const calls = Math.max(2, Math.round(totalTimeMs / (0.5 + (each % 40))));
  const rows = calls * (1 + (each % 5));
  return aStatement({
    queryid: String(7_000_000_000_000_000_000n + BigInt(each) * 7_919n),
    text: kind(`/* ${turn} */`),
    calls,
    totalTimeMs,
    rows,
    sharedBlocksHit: calls * (4 + (each % 900)),
    sharedBlocksRead: calls * (each % 3),
  });
}
