import { describe, expect, it } from 'vitest';
import { unusedIndexes } from '../../../lib/advise/index/unused-indexes.ts';
import type { IndexRow } from '../../../lib/model/rows.ts';
import type { Snapshot } from '../../../lib/model/snapshot.ts';
import { judge, testAdvisor } from '../../support/advisor.ts';
import { aKey, anIndex, aServer, aSnapshot, aStatement, aTable, NOW_SECONDS, type Over } from '../../support/rows.ts';

const DAY = 24 * 3600;
const MIB = 1024 ** 2;
const unread = { index: 'orders_status_idx', columns: ['status'], scans: 0, scansSinceReset: 0, lastScanAt: undefined };
const only = (changes: Over<IndexRow> & { columns?: readonly string[] } = {}, more: Partial<Snapshot> = {}): Snapshot =>
  aSnapshot({ indexes: [anIndex({ index: 'used', columns: ['id'] }), anIndex({ ...unread, ...changes })], ...more });
const aged = (days: number | null) => ({
  quality: { ...aSnapshot().quality, statisticsAgeSeconds: days === null ? null : days * DAY },
});
const key = {
  name: 'fk',
  columns: ['status'],
  referencedSchema: 'public',
  referencedTable: 'states',
  referencedColumns: ['id'],
};
const child = { tables: [aTable({ foreignKeys: [key] })] };

describe('unused-indexes', () => {
  testAdvisor(unusedIndexes, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      { name: 'an index behind a constraint (trap 1)', snapshot: only({ constraint: 'k' }) },
      { name: 'a primary key (trap 1)', snapshot: only({ primary: true }) },
      { name: 'a unique index without a constraint (trap 2, 17)', snapshot: only({ unique: true }) },
      { name: 'the only index of a foreign key (trap 3)', snapshot: only({}, child) },
      {
        name: 'two unread indexes of one foreign key, neither of which may vouch for the other (trap 3)',
        snapshot: aSnapshot({
          ...child,
          indexes: [
            anIndex(unread),
            anIndex({
              ...unread,
              index: 'other',
              columns: ['status', 'id'],
              keys: [aKey('status', { descending: true }), aKey('id')],
            }),
          ],
        }),
      },
      { name: 'what a foreign key refers to (trap 4)', snapshot: only({ referencedByForeignKey: true }) },
      { name: 'the replica identity (trap 5)', snapshot: only({ replicaIdentity: true }) },
      { name: 'the index a table is clustered by (trap 6)', snapshot: only({ clustered: true }) },
      { name: 'one scan since the statistics began (trap 25)', snapshot: only({ scansSinceReset: 1 }) },
      { name: 'a scan 34 days ago (trap 12)', snapshot: only({ lastScanAt: NOW_SECONDS - 34 * DAY }) },
      {
        name: 'an index on an expression, which gives statistics (trap 13)',
        snapshot: only({ keys: [aKey('lower(status)', { expression: true })] }),
        expect: (outcome) => expect(outcome.caveats.join()).toContain('CREATE STATISTICS'),
      },
      {
        name: 'what stands in for a repeated index that goes (trap 14)',
        snapshot: aSnapshot({
          indexes: [
            anIndex({ index: 'short', columns: ['status'] }),
            anIndex({ ...unread, columns: ['status', 'id'] }),
          ],
        }),
      },
      { name: 'a part of a partitioned index (trap 18)', snapshot: only({ partitionOf: 'public.p' }) },
      { name: 'a partitioned index (trap 19)', snapshot: only({ partitioned: true }) },
      {
        name: 'an index named in a hint (trap 20)',
        snapshot: only(
          {},
          {
            statements: [aStatement({ text: '/*+ IndexScan(orders orders_status_idx) */ SELECT * FROM orders' })],
          },
        ),
      },
      {
        name: 'an index named by CLUSTER (trap 20)',
        snapshot: only({}, { statements: [aStatement({ text: 'CLUSTER orders USING orders_status_idx' })] }),
      },
      { name: 'an extension’s index (trap 21)', snapshot: only({ extension: 'postgis' }) },
      { name: 'a catalog’s index (trap 21)', snapshot: only({ schema: 'pg_toast' }) },
      { name: 'an index below 10 MiB (trap 22)', snapshot: only({ sizeBytes: 10 * MIB - 1 }) },
      { name: 'an invalid index (trap 23)', snapshot: only({ valid: false }) },
      { name: 'an index under construction (trap 23)', snapshot: only({ ready: false }) },
      { name: 'a flag nobody saw', snapshot: only({ replicaIdentity: undefined }) },
      {
        name: 'a table whose foreign keys nobody saw (trap 3)',
        snapshot: only({}, { tables: [aTable({ foreignKeys: undefined })] }),
      },
      {
        name: 'an index of which the scans were not seen: absent is not zero (trap 27)',
        snapshot: only({ scans: undefined, scansSinceReset: undefined }),
      },
    ],
    flags: [
      {
        name: 'an unread index after 35 days, as a candidate to check on the standbys (trap 7)',
        snapshot: only({}, aged(35)),
        expect: ([finding], outcome) => {
          expect(finding?.approach).toContain('candidate, check the standbys');
          expect(finding?.steps[0]?.text).toContain('every standby');
          expect(outcome).toMatchObject({ caveats: [expect.stringContaining('standbys')] });
          expect(finding?.risk).toMatchObject({
            level: 'medium',
            rollback: ['CREATE INDEX CONCURRENTLY orders_status_idx ON public.orders USING btree (status);'],
          });
        },
      },
      {
        name: 'a last scan 35 days ago, though there were scans before (trap 12)',
        snapshot: only({ scansSinceReset: 1_000, lastScanAt: NOW_SECONDS - 35 * DAY }),
      },
      {
        name: 'an index whose foreign key a used one serves (trap 3)',
        snapshot: aSnapshot({
          ...child,
          indexes: [
            anIndex({ ...unread, keys: [aKey('status', { descending: true })] }),
            anIndex({ index: 'used', columns: ['status', 'id'] }),
          ],
        }),
      },
      {
        name: 'an index whose name a statement only resembles (trap 20)',
        snapshot: only(
          {},
          {
            statements: [
              aStatement({ text: 'SELECT orders_status_idx FROM t' }),
              aStatement({ text: 'CLUSTER t USING my_orders_status_idx' }),
            ],
          },
        ),
      },
    ],
    blind: [
      {
        name: 'when the statistics are 34 days old, with the day from which on it can judge (trap 8, 10)',
        snapshot: aSnapshot({ ...aged(34), indexes: [anIndex(unread)] }),
        why: /34 days old.*2026-11-23/,
      },
      {
        name: 'when their age is unknown',
        snapshot: aSnapshot({ ...aged(null), indexes: [anIndex(unread)] }),
        why: /since when/,
      },
      { name: 'on a standby (trap 7)', snapshot: only({}, { server: aServer({ role: 'standby' }) }), why: /standby/ },
      {
        name: 'without definitions',
        snapshot: aSnapshot({ indexes: [anIndex({ definition: undefined })] }),
        why: /definitions/,
      },
      {
        name: 'without sizes',
        snapshot: aSnapshot({ indexes: [anIndex({ sizeBytes: undefined })] }),
        why: /sizeBytes/,
      },
    ],
  });
});

describe('in a cluster of several nodes', () => {
  const node = (name: string, main: boolean, scansSeen = true) =>
    ({ name, role: main ? 'primary' : 'standby', main, scansSeen }) as const;
  const idle = (scansOnStandbys?: number) =>
    only(
      { scansOnStandbys },
      { ...aged(40), nodes: [node('pg1', true), node('pg2', false, scansOnStandbys !== undefined)] },
    );
  const seen = (snapshot: Snapshot, scansOnStandbys: number): Snapshot => ({
    ...snapshot,
    indexes: snapshot.indexes.map((index) => ({ ...index, scansOnStandbys })),
  });

  it('an index that a standby reads is not unused', async () => {
    expect((await judge(unusedIndexes, seen(idle(0), 0))).state).toBe('found');
    expect((await judge(unusedIndexes, seen(idle(12), 12))).state).toBe('clear');
  });

  it('nothing can be decided while one of them is not seen', async () => {
    expect(await judge(unusedIndexes, idle())).toMatchObject({
      state: 'blind',
      why: expect.stringContaining('on the standby pg2 is not known'),
    });
  });
});
