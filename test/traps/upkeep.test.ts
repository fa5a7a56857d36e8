/** Vacuum, bloat and statistics: tables t65 … t83 of a real server, and counters changed where months would have to pass. */
import { beforeAll, describe, expect, it } from 'vitest';
import { roster } from '../../lib/advise/index.ts';
import type { ServerRow, TableRow } from '../../lib/model/rows.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { useEmbedded } from '../support/embedded.ts';
import { aged, caveats, type Judged, judged, look, outcome, printed } from './scene.ts';

const server = useEmbedded({
  preload: ['pg_stat_statements'],
  settings: { autovacuum_naptime: '1h', max_prepared_transactions: '5' },
});
const DAY = 24 * 3600;

const filled = (name: string, rows = 40_000, more = '') => [
  `CREATE TABLE ${name} (id int, a int, b text) ${more}`,
  `INSERT INTO ${name} SELECT n, n, 'x' FROM generate_series(1, ${rows}) n`,
];
const SCENE = [
  ...['t65', 't66', 't68', 't69', 't79'].flatMap((name) => filled(name)),
  ...filled('t66_own', 40_000, 'WITH (autovacuum_vacuum_scale_factor = 0.9)'),
  ...filled('t67'),
  ...filled('t70'),
  ...filled('t71', 40_000, 'WITH (autovacuum_enabled = off)'),
  'CREATE TABLE t73 (id int, a int, CONSTRAINT apart EXCLUDE USING btree (a WITH =))',
  'INSERT INTO t73 VALUES (1, 1), (1, 2)',
  ...filled('t74', 80_000, 'WITH (fillfactor = 70)'),
  'CREATE UNIQUE INDEX t74_fresh ON t74 (id) WITH (fillfactor = 60)',
  ...filled('t75', 80_000),
  'CREATE UNIQUE INDEX t75_id ON t75 (id)',
  ...filled('t76', 80_000),
  'CREATE UNIQUE INDEX t76_part ON t76 (id) WHERE a > 100',
  'CREATE UNIQUE INDEX t76_expression ON t76 ((id + 1))',
  'CREATE INDEX t76_hash ON t76 USING hash (a)',
  'CREATE UNIQUE INDEX t76_plain ON t76 (id)',
  'CREATE TABLE t78 (id int, day int) PARTITION BY RANGE (day)',
  'CREATE TABLE t78_1 PARTITION OF t78 FOR VALUES FROM (0) TO (50000)',
  'INSERT INTO t78 SELECT n, n FROM generate_series(1, 40000) n',
];
/** In sessions of their own: a session's counts reach the views when it ends, and would come after the ANALYZE. */
const CLEANED = [
  ...['t65', 't66', 't66_own', 't67', 't68', 't69', 't70', 't71', 't74', 't76', 't78_1', 't79'].map(
    (t) => `VACUUM ANALYZE ${t}`,
  ),
];
const CHANGED = [
  ...['t65', 't68', 't69', 't71'].map((table) => `UPDATE ${table} SET a = a + 1`),
  'UPDATE t66 SET a = a + 1 WHERE id <= 7000',
  'UPDATE t66_own SET a = a + 1 WHERE id <= 30000',
];

let url: string;
let seen: Snapshot;
let now: Judged;

const rowOf = (name: string, snapshot = seen) => snapshot.tables.find((row) => row.table === name);
const about = ({ plan }: Judged, table: string) => plan.opportunities.filter(({ subject }) => subject.table === table);
const by = (one: Judged, table: string, advisor: string) =>
  about(one, table).filter((each) => each.advisor === advisor);
const found = (one: Judged, table: string, advisor: string) => {
  const all = outcome(one, advisor);
  return all.state === 'found' ? all.findings.filter(({ subject }) => subject.table === table) : [];
};
const withTable = (name: string, changes: Partial<TableRow>, snapshot = seen): Snapshot => ({
  ...snapshot,
  tables: snapshot.tables.map((row) => (row.table === name ? { ...row, ...changes } : row)),
});
const withServer = (changes: Partial<ServerRow>): Snapshot => ({ ...seen, server: { ...seen.server, ...changes } });
const everything = (one: Judged) => [
  ...printed(one.plan.opportunities),
  ...one.plan.opportunities.flatMap(({ steps }) => steps.map(({ text }) => text)),
];

beforeAll(async () => {
  url = await server.database('traps', 'CREATE EXTENSION pg_stat_statements', ...SCENE);
  await server.run(url, ...CLEANED);
  await server.run(url, ...CHANGED);
  await server.run(url, 'CREATE UNIQUE INDEX CONCURRENTLY t73_id_ccnew ON t73 (id)').catch(() => {});
  await server.run(url, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'apart'::regclass");
  const looked = await look(url);
  // As if autovacuum came each minute and had done so for 60 days; the server itself must not clean the scene up.
  const settings = { ...looked.server.settings, autovacuum_naptime: { value: 60_000, unit: 'ms' as const } };
  seen = aged({ ...looked, server: { ...looked.server, settings } }, 60);
  // Ten times the rows: below that the shipped trigger is low enough, and there is nothing to tune.
  seen = withTable('t68', { liveRows: 400_000, deadRows: 400_000 });
  now = await judged(seen);
});

describe('upkeep', () => {
  it('trap 65: dead rows are vacuumed, not rebuilt away', () => {
    expect(rowOf('t65')?.deadRows).toBe(40_000);
    const [finding] = found(now, 't65', 'dead-rows');
    const texts = finding?.steps.map(({ text, sql }) => `${text} ${sql}`).join(' ') ?? '';
    expect(texts).toContain('VACUUM (ANALYZE) public.t65;');
    expect(texts).toContain('The file does not shrink');
    expect(texts).not.toMatch(/VACUUM FULL|CLUSTER|pg_repack|REINDEX/);
  });

  it('trap 66: 10 % is no limit; the table’s own trigger is', () => {
    expect(rowOf('t66')?.deadRows).toBe(7_000);
    expect(rowOf('t66_own')?.deadRows).toBe(30_000);
    expect(found(now, 't66', 'dead-rows')).toEqual([]);
    expect(found(now, 't66_own', 'dead-rows')).toEqual([]);
    expect(found(now, 't65', 'dead-rows')).toHaveLength(1);
  });

  it('trap 67: no live rows, as after lost counters', async () => {
    const lost = await judged(withTable('t67', { liveRows: 0, deadRows: 50_000, modifiedSinceAnalyze: 50_000 }));
    expect(about(lost, 't67')).toEqual([]);
    const known = await judged(withTable('t67', { liveRows: 40_000, deadRows: 50_000 }));
    expect(found(known, 't67', 'dead-rows')).toHaveLength(1);
  });

  it('trap 68: whatever holds the horizon goes first, and nothing is tuned until then', async () => {
    const tuned = (one: Judged) => printed(by(one, 't68', 'dead-rows')).filter((sql) => sql.startsWith('ALTER TABLE'));
    expect(tuned(now)).toHaveLength(1);
    await server.run(url, 'BEGIN', 'UPDATE t79 SET a = a WHERE id = 0', "PREPARE TRANSACTION 'forgotten'");
    const { server: seenNow } = await look(url);
    await server.run(url, "ROLLBACK PREPARED 'forgotten'");
    const held = seenNow.horizon?.find(({ kind }) => kind === 'prepared');
    expect(held).toMatchObject({ name: 'forgotten' });
    const holders: NonNullable<ServerRow['horizon']> = [
      { kind: 'prepared', name: 'forgotten', ageSeconds: 2 * DAY },
      { kind: 'transaction', name: 'psql', ageSeconds: 2 * DAY },
      { kind: 'slot', name: 'cdc', ageXids: 20_000_000 },
      { kind: 'standby', name: 'replica', ageXids: 20_000_000 },
    ];
    for (const holder of holders) {
      const one = await judged(withServer({ horizon: [holder] }));
      expect(by(one, 't68', 'dead-rows')).toHaveLength(1);
      expect(tuned(one), holder.kind).toEqual([]);
      expect(outcome(one, 'held-horizon').state).toBe('found');
    }
  });

  it('trap 69: a vacuum that is running', async () => {
    expect(found(now, 't69', 'dead-rows')).toHaveLength(1);
    const progress = [{ command: 'vacuum', database: 'traps', schema: 'public', table: 't69' }] as const;
    const during = await judged(withServer({ progress }));
    expect(found(during, 't69', 'dead-rows')).toEqual([]);
    expect(caveats(during, 'dead-rows')).toContain('being vacuumed');
    expect(printed(by(now, 't69', 'dead-rows')).join()).toContain('pg_stat_progress_vacuum');
  });

  it('trap 70: a table that only grows has no dead rows to be vacuumed for', async () => {
    const large = { liveRows: 50_000_000, deadRows: 0, rowsInserted: 9_000_000, rowsUpdated: 0, rowsDeleted: 0 };
    const advisor = 'default-vacuum-settings-on-large-tables';
    expect(found(await judged(withTable('t70', large)), 't70', advisor)).toEqual([]);
    const updated = await judged(withTable('t70', { ...large, rowsUpdated: 9_000_000 }));
    expect(found(updated, 't70', advisor)).toHaveLength(1);
  });

  it('trap 71: autovacuum that is off on purpose is asked about', () => {
    expect(rowOf('t71')?.storage).toEqual({ autovacuum_enabled: 'off' });
    const [finding] = found(now, 't71', 'dead-rows');
    expect(finding?.steps[0]?.text).toContain('Ask the table’s owner');
    expect(finding?.steps.filter(({ sql }) => sql?.startsWith('ALTER'))).toEqual([]);
    for (const { title } of found(now, 't71', 'autovacuum-off')) expect(title).toMatch(/^Ask why/);
  });

  it('trap 72: no rewrite under ACCESS EXCLUSIVE is printed', () => {
    const sql = printed(now.plan.opportunities);
    expect(sql.filter((text) => text.startsWith('VACUUM')).length).toBeGreaterThan(3);
    expect(sql.filter((text) => /VACUUM \(?[^;]*FULL|^CLUSTER/i.test(text))).toEqual([]);
  });

  it('trap 73: what REINDEX CONCURRENTLY cannot do is not asked of it', async () => {
    const [exclusion] = about(now, 't73').filter(({ subject }) => subject.index === 'apart');
    const rebuild = printed(exclusion === undefined ? [] : [exclusion]).filter((sql) => sql.startsWith('REINDEX'));
    expect(rebuild).toEqual(['REINDEX INDEX public.apart;']);
    for (const sql of rebuild) await server.run(url, sql);
    await expect(server.run(url, 'REINDEX INDEX CONCURRENTLY public.apart')).rejects.toThrow(/exclusion constraint/);
    const [leftover] = about(now, 't73').filter(({ subject }) => subject.index === 't73_id_ccnew');
    expect(printed(leftover === undefined ? [] : [leftover])).toContain('DROP INDEX CONCURRENTLY public.t73_id_ccnew;');
  });

  it('trap 74: room left by the fill factor is no bloat', () => {
    const index = seen.indexes.find((row) => row.index === 't74_fresh');
    expect(index?.storage).toEqual({ fillfactor: '60' });
    expect(index?.estimatedBloatBytes).toBeLessThan(0.1 * (index?.sizeBytes ?? 0));
    expect(rowOf('t74')?.estimatedBloatBytes).toBeLessThan(0.1 * (rowOf('t74')?.mainBytes ?? 0));
    expect(about(now, 't74')).toEqual([]);
  });

  it('trap 75: without statistics there is no estimate of bloat', () => {
    expect(rowOf('t75')?.columns?.every(({ distinct }) => distinct === undefined)).toBe(true);
    expect(rowOf('t75')?.estimatedBloatBytes).toBeUndefined();
    expect(seen.indexes.find((row) => row.index === 't75_id')?.estimatedBloatBytes).toBeUndefined();
    expect(rowOf('t76')?.estimatedBloatBytes).toBeDefined();
  });

  it('trap 76: partial, expression and hash indexes have no estimate', () => {
    const of = (name: string) => seen.indexes.find((row) => row.index === name)?.estimatedBloatBytes;
    expect([of('t76_part'), of('t76_expression'), of('t76_hash')]).toEqual([undefined, undefined, undefined]);
    expect(of('t76_plain')).toBeDefined();
  });

  it('trap 77: space that the table will use again is left to it', () => {
    expect(rowOf('t65')?.rowsUpdated).toBe(40_000);
    expect(about(now, 't65').flatMap(({ benefit }) => benefit.kind)).not.toContain('space');
  });

  it('trap 78: nobody analyses the parent of partitions; one finding schedules it', () => {
    const all = about(now, 't78');
    expect(all).toHaveLength(1);
    expect(JSON.stringify(all[0]?.steps)).toMatch(/ANALYZE public\.t78;/);
    expect(JSON.stringify(all[0])).toMatch(/schedule/);
    expect(about(now, 't78_1')).toEqual([]);
  });

  it('trap 79: an old ANALYZE of a table that has not changed', async () => {
    const old = { lastAnalyzeAt: Date.parse(seen.takenAt) / 1000 - 365 * DAY };
    const still = await judged(withTable('t79', { ...old, modifiedSinceAnalyze: 0 }));
    expect(found(still, 't79', 'stale-statistics')).toEqual([]);
    const changed = await judged(withTable('t79', { ...old, modifiedSinceAnalyze: 39_000 }));
    expect(found(changed, 't79', 'stale-statistics')).toHaveLength(1);
  });

  it('trap 80: default_statistics_target is not raised for everybody', () => {
    expect(everything(now).length).toBeGreaterThan(10);
    expect(everything(now).filter((text) => /default_statistics_target/.test(text))).toEqual([]);
  });

  it('trap 81: ANALYZE locks what the step says', async () => {
    const [step] = about(now, 't78').flatMap(({ steps }) => steps.filter(({ sql }) => sql?.startsWith('ANALYZE')));
    expect(step).toMatchObject({ lock: 'SHARE UPDATE EXCLUSIVE on public.t78', inTransaction: true });
    expect(step?.blocks).toMatch(/VACUUM, ANALYZE, index builds and ALTER TABLE.*reads and writes go on/);
    const locks = await server.run(
      url,
      'BEGIN',
      step?.sql ?? '',
      "SELECT DISTINCT mode FROM pg_locks WHERE relation = 't78'::regclass AND pid = pg_backend_pid()",
    );
    expect(locks.map(({ mode }) => mode)).toContain('ShareUpdateExclusiveLock');
  });

  it('trap 82: the cost limit that all workers share is not touched', () => {
    const tuning = printed(now.plan.opportunities).filter((sql) => /^ALTER (TABLE|SYSTEM)/.test(sql));
    expect(tuning.filter((sql) => /autovacuum_vacuum_scale_factor/.test(sql)).length).toBeGreaterThan(0);
    expect(everything(now).filter((text) => /autovacuum_vacuum_cost_limit|autovacuum_max_workers/.test(text))).toEqual(
      [],
    );
  });

  it('trap 83: a standby, which counts no changes', async () => {
    const standby = await judged(withServer({ role: 'standby' }));
    for (const { card } of roster.filter(({ card }) => ['dead-rows', 'stale-statistics'].includes(card.id))) {
      expect(outcome(standby, card.id)).toMatchObject({ state: 'blind', why: expect.stringContaining('standby') });
      expect(outcome(now, card.id).state).toBe('found');
    }
  });
});
