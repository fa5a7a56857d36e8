/** One server with a bit of everything wrong, hunted by the real pipeline: the report that the brief is held against. */
import { advise } from '../../lib/advise/advise.ts';
import { compare } from '../../lib/compare/compare.ts';
import type { Outcome } from '../../lib/model/outcome.ts';
import type { Report } from '../../lib/model/report.ts';
import type { StatementRow } from '../../lib/model/rows.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { plan } from '../../lib/plan/plan.ts';
import { reportOf } from '../../lib/report/report.ts';
import { aColumn, aDatabase, aHost, anIndex, aServer, aSnapshot, aStatement, aTable, NOW_SECONDS } from './rows.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const DAY = 86_400;
const HOUR = 3_600_000;

const costly = { calls: 1000, totalTimeMs: HOUR, rows: 20_000, sharedBlocksHit: 5_000_000, sharedBlocksRead: 0 };
const texts: readonly (readonly [string, Parameters<typeof aStatement>[0]])[] = [
  ['SELECT * FROM orders WHERE status = $1 ORDER BY created_at LIMIT $2', { totalTimeMs: 4 * HOUR }],
  ['SELECT total FROM orders ORDER BY created_at LIMIT $1 OFFSET $2', {}],
  ['SELECT id FROM orders ORDER BY random() LIMIT $1', {}],
  ['SELECT id FROM orders WHERE customer_id NOT IN (SELECT id FROM customers)', {}],
  ['SELECT id FROM orders WHERE customer_id = $1 OR status = $2', {}],
  ['SELECT DISTINCT c.id FROM customers c JOIN orders o ON o.customer_id = c.id', {}],
  ['SELECT c.id, (SELECT max(total) FROM orders o WHERE o.customer_id = c.id) FROM customers c', {}],
  ['SELECT id FROM customers WHERE lower(email) = $1', {}],
  ['SELECT id FROM customers WHERE email LIKE $1', {}],
  ['SELECT count(*) FROM orders', { rows: 1000 }],
  ['SELECT id, total FROM orders WHERE customer_id > $1', { rows: 5_000_000 }],
  ['SELECT total FROM orders WHERE id = $1', { calls: 9_000_000, rows: 9_000_000, sharedBlocksHit: 40_000_000 }],
  ['UPDATE customers SET seen = now()', { rows: 1e9 }],
  ['SELECT status, count(*) FROM orders GROUP BY status ORDER BY 2', { tempBlocksWritten: 4_000_000 }],
  ['SELECT email FROM customers WHERE id = $1', { planTimeMs: HOUR, plans: 1000 }],
  [
    'SELECT note FROM tickets WHERE customer_id = $1',
    { calls: 20_000, rows: 40_000, totalTimeMs: 6 * HOUR, sharedBlocksHit: 512_000_000 },
  ],
  ['SELECT avg(total) FROM orders WHERE created_at > $1', { jitTimeMs: HOUR / 2, jitFunctions: 9000 }],
];

const statements: readonly StatementRow[] = texts.map(([text, over], at) =>
  aStatement({ ...costly, queryid: String(1000 + at), text, ...over }),
);

export const rich: Snapshot = aSnapshot({
  server: aServer({
    connectionsPeak: 195,
    idleInTransactionSeconds: 1800,
    idleInTransactionSessions: 4,
    checkpointsRequested: 3000,
    checkpointsTimed: 10,
    walBytes: 3000 * GIB,
    walFullPageImages: 3e8,
    walArchiveFailures: 9,
    lastArchiveFailureAt: NOW_SECONDS - 60,
    statementEvictions: 10_000,
    horizon: [{ kind: 'prepared', name: 'forgotten', ageSeconds: 1e6 }],
    slots: [{ slot: 'cdc', type: 'logical', active: false, temporary: false, retainedBytes: 9 * GIB }],
    replicas: [{ name: 'standby1', standby: true, state: 'streaming', syncState: 'async' }],
    settings: {
      ...aServer().settings,
      autovacuum_vacuum_cost_limit: { value: -1, source: 'default' },
      idle_in_transaction_session_timeout: { value: 0, unit: 'ms', source: 'default' },
      max_wal_size: { value: GIB, unit: 'bytes', source: 'default' },
      shared_buffers: { value: 128 * MIB, unit: 'bytes', source: 'default' },
      wal_compression: { value: 'off', source: 'default' },
      wal_level: { value: 'replica', source: 'default', pendingRestart: true },
      'pg_stat_statements.max': { value: 5000, source: 'default' },
    },
  }),
  databases: [
    aDatabase({
      activeTimeMs: 30 * HOUR,
      xidAge: 600_000_000,
      blocksHit: 900_000_000,
      blocksRead: 300_000_000,
      blockReadTimeMs: 9 * HOUR,
      deadlocks: 900,
      rollbacks: 9_000_000,
      sequences: [
        {
          ...{ schema: 'public', sequence: 'orders_id_seq', lastValue: 2e9, maxValue: 2_147_483_647, increment: 1 },
          ...{ cycle: false, usedShare: 0.93 },
          column: { schema: 'public', table: 'orders', column: 'id', type: 'integer', maxValue: 2_147_483_647 },
        },
      ],
    }),
  ],
  tables: [
    aTable({
      columns: [
        aColumn('id'),
        aColumn('customer_id', { distinct: 50_000, topShare: 0.0005 }),
        aColumn('status', { type: 'text', distinct: 5, topShare: 0.3 }),
        aColumn('total', { type: 'numeric' }),
        aColumn('created_at', { type: 'timestamp with time zone', distinct: -0.9 }),
      ],
      foreignKeys: [
        {
          ...{ name: 'orders_customer_fk', columns: ['customer_id'], referencedSchema: 'public' },
          ...{ referencedTable: 'customers', referencedColumns: ['id'], validated: false },
        },
      ],
      heapBytes: 30 * GIB,
      liveRows: 50_000_000,
      deadRows: 15_000_000,
      rowsInserted: 50_000_000,
      rowsUpdated: 9_000_000,
      rowsHotUpdated: 1_000_000,
      modifiedSinceAnalyze: 20_000_000,
      lastAutoanalyzeAt: NOW_SECONDS - 90 * DAY,
      sequentialScans: 5_000,
      sequentialRowsRead: 250_000_000_000,
      heapBlocksRead: 200_000_000,
      heapBlocksHit: 300_000_000,
    }),
    aTable({
      table: 'customers',
      columns: [
        aColumn('id', { type: 'integer' }),
        aColumn('email', { type: 'text', distinct: -1 }),
        aColumn('seen', { type: 'timestamp with time zone' }),
      ],
      liveRows: 1_000_000,
      rowsDeleted: 90_000,
      storage: { autovacuum_enabled: 'false' },
      rowsUpdated: 900_000,
    }),
    aTable({
      table: 'tickets',
      columns: [aColumn('id'), aColumn('customer_id', { distinct: 50_000, topShare: 0.0005 }), aColumn('note')],
      sequentialScans: 20_000,
      sequentialRowsRead: 20_000_000_000,
      indexScans: 0,
      indexRowsFetched: 0,
    }),
    aTable({
      ...{ table: 'ledger', columns: [aColumn('entry')], rowsUpdated: 90_000, heapBytes: 10 * GIB, indexBytes: GIB },
      bloat: { source: 'pgstattuple', bytes: 6 * GIB, ofBytes: 10 * GIB, deadBytes: 0 },
    }),
    aTable({ table: 'events', partitioned: true, columns: [], lastAutoanalyzeAt: undefined }),
    aTable({ table: 'events_1', partitionOf: 'public.events' }),
  ],
  indexes: [
    anIndex({ index: 'orders_pkey', columns: ['id'], unique: true, primary: true, constraint: 'orders_pkey' }),
    anIndex({ index: 'orders_status_created_idx', columns: ['created_at', 'status'] }),
    anIndex({ index: 'orders_created_twin', columns: ['created_at'], scansSinceReset: 10 }),
    anIndex({ index: 'orders_total_idx', columns: ['total'], scans: 0, scansSinceReset: 0, lastScanAt: undefined }),
    anIndex({ index: 'orders_broken_idx', columns: ['total', 'id'], valid: false, scans: 0, scansSinceReset: 0 }),
    anIndex({
      ...{ table: 'ledger', columns: ['entry'], clustered: true, sizeBytes: GIB },
      bloat: { source: 'pgstattuple', bytes: 0.6 * GIB, ofBytes: GIB },
    }),
    anIndex({ table: 'tickets', index: 'tickets_pkey', columns: ['id'], unique: true, primary: true, constraint: 'p' }),
    anIndex({
      ...{ table: 'customers', index: 'customers_pkey', columns: ['id'], unique: true, primary: true },
      ...{ constraint: 'customers_pkey', referencedByForeignKey: true },
    }),
    anIndex({
      ...{ index: 'orders_swollen_idx', columns: ['status', 'total'], sizeBytes: 4 * GIB, scansSinceReset: 9000 },
      bloat: { source: 'pgstattuple', bytes: 3 * GIB, ofBytes: 4 * GIB },
    }),
  ],
  hosts: [
    aHost({
      memoryAvailableBytes: 4 * GIB,
      readIops: 900,
      writeIops: 300,
      cpuBusyShare: 0.9,
      diskBytes: 100 * GIB,
      diskFreeBytes: GIB,
    }),
  ],
  statements,
  quality: { ...aSnapshot().quality, notes: ['Statistics of pg_stat_statements were reset on Tue 27 Oct 2026.'] },
});

export interface Hunted {
  readonly report: Report;
  readonly outcomes: readonly Outcome[];
}

export async function huntRich(snapshot: Snapshot = rich): Promise<Hunted> {
  const outcomes = await advise(snapshot);
  const past = { previous: null, pinned: null, recent: [], series: [], notes: [] };
  const changes = compare({ snapshot, outcomes, past });
  const target = { snapshot, outcomes, changes, plan: plan({ outcomes, changes, snapshot }) };
  const { window, takenAt: generatedAt } = snapshot;
  return { outcomes, report: reportOf({ targets: [target], failures: [], cadence: 'weekly', window, generatedAt }) };
}
