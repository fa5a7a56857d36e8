import { describe, expect } from 'vitest';
import { requestedCheckpoints } from '../../../lib/advise/system/requested-checkpoints.ts';
import type { KeyedFinding } from '../../../lib/model/outcome.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aHost, aServer, aSnapshot, spansOf } from '../../support/rows.ts';

const GIB = 1024 ** 3;
const setting = (value: number, unit: 'bytes' | 'ms') => ({ value, unit, source: 'configuration file' });
const small = { max_wal_size: setting(GIB, 'bytes'), checkpoint_timeout: setting(300_000, 'ms') };
// A week has 168 hours: 336 requested are two an hour, and as many timed make one half.
const forced = { checkpointsRequested: 336, checkpointsTimed: 336, walBytes: 500 * GIB, settings: small };
const one = (server: Parameters<typeof aServer>[0]) => aSnapshot({ server: aServer({ ...forced, ...server }) });
const sql = (finding: KeyedFinding | undefined) => finding?.steps.map((step) => step.sql ?? '').join('\n');

describe('requested-checkpoints', () => {
  testAdvisor(requestedCheckpoints, {
    passes: [
      { name: 'checkpoints by the clock', snapshot: aSnapshot() },
      { name: 'just under one half requested', snapshot: one({ checkpointsTimed: 337 }) },
      {
        name: 'trap 102: fewer than two an hour, as backups make',
        snapshot: one({ checkpointsRequested: 335, checkpointsTimed: 0 }),
      },
      {
        name: 'trap 102: two in ten minutes can be one backup',
        snapshot: { ...one({ checkpointsRequested: 2, checkpointsTimed: 0 }), spans: spansOf(600) },
      },
    ],
    flags: [
      {
        name: 'one half and two an hour, with little WAL on average: twice the present size',
        snapshot: one({}),
        expect: ([finding]) => {
          expect(sql(finding)).toContain("ALTER SYSTEM SET max_wal_size = '2GB';\nSELECT pg_reload_conf();");
          expect(finding?.risk.rollback).toEqual([
            "ALTER SYSTEM SET max_wal_size = '1048576kB';",
            'SELECT pg_reload_conf();',
          ]);
          expect(finding?.done).toEqual({ kind: 'setting-changed', setting: 'max_wal_size', from: GIB });
          // trap 103
          expect(finding?.risk.technical).toContain('Recovery after a crash');
          expect(finding?.risk.performance).toContain('1 GiB more disk');
        },
      },
      {
        name: 'much WAL: what is written between two checkpoints of the clock, with room',
        // 3 GiB in 5 minutes × 1.9 × 1.5 = 8.55, rounded up.
        snapshot: one({ walBytes: 168 * 36 * GIB, checkpointsRequested: 3000, checkpointsTimed: 0 }),
        expect: ([finding]) => expect(sql(finding)).toContain("max_wal_size = '9GB'"),
      },
      {
        name: 'a burst of seconds is no pace: twice the present size, no number an hour, low confidence',
        snapshot: {
          ...one({ walBytes: 6 * GIB, checkpointsRequested: 6, checkpointsTimed: 0 }),
          spans: spansOf(4),
        },
        expect: ([finding], outcome) => {
          expect(sql(finding)).toContain("max_wal_size = '2GB'");
          expect(finding?.benefit.confidence).toBe('low');
          expect(finding?.approach).toContain('6 in 4 s');
          expect(finding?.evidence.map(({ label }) => label)).not.toContain('Requested checkpoints per hour');
          expect('caveats' in outcome && outcome.caveats.join()).toContain('cover 4 s');
        },
      },
      {
        name: 'an hour is enough for a size, unless the clock itself is slower',
        snapshot: {
          ...one({ walBytes: 36 * GIB, checkpointsRequested: 18, checkpointsTimed: 0 }),
          spans: spansOf(3600),
        },
        expect: ([finding]) => expect(sql(finding)).toContain("max_wal_size = '9GB'"),
      },
      {
        name: 'an hour is too little where checkpoint_timeout is half an hour',
        snapshot: {
          ...one({
            walBytes: 36 * GIB,
            checkpointsRequested: 18,
            checkpointsTimed: 0,
            settings: { ...small, checkpoint_timeout: setting(1_800_000, 'ms') },
          }),
          spans: spansOf(3600),
        },
        expect: ([finding]) => expect(sql(finding)).toContain("max_wal_size = '2GB'"),
      },
      {
        name: 'trap 103: a disk nobody saw: one step of eight times at most',
        snapshot: {
          ...one({ walBytes: 168 * 3600 * GIB, checkpointsRequested: 300_000, checkpointsTimed: 0 }),
          hosts: [],
        },
        expect: ([finding]) => {
          expect(sql(finding)).toContain("max_wal_size = '8GB'");
          expect(finding?.approach).toContain('free disk was not seen');
        },
      },
      {
        name: 'trap 102: too little WAL to have forced them: a command does',
        snapshot: one({ walBytes: 20 * GIB }),
        expect: ([finding]) => {
          expect(finding?.work).toBe('investigate');
          expect(finding?.approach).toContain('a command does');
          expect(sql(finding)).not.toContain('ALTER SYSTEM');
        },
      },
      {
        name: 'WAL nobody measured: twice the present size, with low confidence',
        snapshot: one({ walBytes: undefined }),
        expect: ([finding]) => {
          expect(sql(finding)).toContain("max_wal_size = '2GB'");
          expect(finding?.benefit.confidence).toBe('low');
        },
      },
      {
        name: 'a present size nobody saw: no value is proposed',
        snapshot: one({ settings: {} }),
        expect: ([finding]) => {
          expect(finding?.work).toBe('investigate');
          expect(finding?.approach).toContain('was not seen');
        },
      },
      {
        name: 'trap 103: a disk without room for it',
        snapshot: { ...one({}), hosts: [aHost({ diskFreeBytes: 4 * GIB - 1 })] },
        expect: ([finding]) => {
          expect(finding?.work).toBe('investigate');
          expect(finding?.approach).toContain('Make room first');
        },
      },
      {
        name: 'trap 87: on a managed service the parameter group',
        snapshot: one({ platform: 'cloud-sql' }),
        expect: ([finding]) => {
          expect(sql(finding)).not.toContain('ALTER SYSTEM');
          expect(finding?.risk.rollback).toEqual([]);
          expect(finding?.steps.at(-1)?.text).toContain('database flags, set max_wal_size to 2GB');
        },
      },
    ],
    blind: [
      { name: 'trap 87: Aurora has no such checkpoints', snapshot: one({ platform: 'aurora' }), why: /Aurora/ },
      { name: 'an unknown span', snapshot: { ...one({}), spans: {} }, why: /next run/ },
      {
        name: 'trap 90: checkpoint counters that are not exported',
        snapshot: one({ checkpointsRequested: undefined }),
      },
    ],
  });
});
