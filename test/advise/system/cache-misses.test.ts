import { describe, expect } from 'vitest';
import { cacheMisses } from '../../../lib/advise/system/cache-misses.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aDatabase, aHost, aServer, aSnapshot, aSpan, aStatement, aTable, spansOf } from '../../support/rows.ts';

const GIB = 1024 ** 3;
type Over<Build extends (changes: never) => unknown> = Parameters<Build>[0];
interface World {
  readonly database?: Over<typeof aDatabase>;
  readonly table?: Over<typeof aTable>;
  readonly statement?: Over<typeof aStatement>;
  readonly server?: Over<typeof aServer>;
  readonly host?: Over<typeof aHost>;
}
const world = ({ database, table, statement, server, host }: World = {}) =>
  aSnapshot({
    databases: [aDatabase({ blocksHit: 900_000, blocksRead: 100_000, ...database })],
    tables: [aTable(table)],
    // A third of the time is reading.
    statements: [aStatement({ totalTimeMs: 30_000, blockReadTimeMs: 10_000, sharedBlocksRead: 90_000, ...statement })],
    server: aServer(server),
    hosts: [aHost(host)],
  });
const buffers = (value: number) => ({
  settings: { ...aServer().settings, shared_buffers: { value, unit: 'bytes' as const, source: 'configuration file' } },
});
const hot = { heapBlocksRead: 20_000, heapBlocksHit: 100_000 };
const caveatsOf = (outcome: object) => ('caveats' in outcome ? String(outcome.caveats) : '');

describe('cache-misses', () => {
  testAdvisor(cacheMisses, {
    passes: [
      { name: 'a server that hits', snapshot: aSnapshot() },
      { name: 'exactly 95 %', snapshot: world({ database: { blocksHit: 950_000, blocksRead: 50_000 } }) },
      {
        name: 'trap 91: a bad ratio of few blocks',
        snapshot: world({ database: { blocksHit: 0, blocksRead: 99_999 } }),
        expect: (outcome) => expect(caveatsOf(outcome)).toContain('too few for a verdict'),
      },
      {
        name: 'trap 91: in ten minutes the floor is 10,000 blocks',
        snapshot: { ...world({ database: { blocksHit: 0, blocksRead: 9_999 } }), spans: spansOf(600) },
      },
      {
        name: 'trap 93: reads that take no time come from the operating system',
        snapshot: world({ statement: { blockReadTimeMs: 1_499 } }),
        expect: (outcome) => expect(caveatsOf(outcome)).toContain("operating system's cache serves them"),
      },
      {
        name: 'trap 93: a read time of zero counts where track_io_timing is known to be on',
        snapshot: world({ statement: { blockReadTimeMs: 0 } }),
      },
      {
        name: 'a cold table that is no tenth of the reads',
        snapshot: world({
          database: { blocksHit: 9_000_000, blocksRead: 300_000 },
          table: { heapBlocksRead: 29_999, heapBlocksHit: 80_000 },
        }),
      },
      {
        name: 'trap 95: a cold index is not this finding',
        snapshot: world({
          database: { blocksHit: 9_900_000, blocksRead: 100_000 },
          table: { indexBlocksRead: 90_000, indexBlocksHit: 20_000 },
        }),
      },
    ],
    flags: [
      {
        name: 'under 95 % with small buffers and measured read time: a size from the host’s memory',
        snapshot: world({ database: { blocksHit: 949_999, blocksRead: 50_001 } }),
        expect: ([finding]) => {
          const printed = finding?.steps.map((step) => step.sql ?? step.text).join('\n');
          expect(printed).toContain("ALTER SYSTEM SET shared_buffers = '8GB';");
          expect(printed).not.toContain('pg_reload_conf');
          // trap 88
          expect(finding?.maintenanceWindow).toContain('restart');
          expect(finding?.risk.rollback).toEqual(["ALTER SYSTEM SET shared_buffers = '4194304kB';"]);
          expect(finding?.benefit).toMatchObject({ kind: 'time', confidence: 'low', reduces: { low: 0 } });
        },
      },
      {
        name: 'in ten minutes, 10,000 blocks are enough',
        snapshot: { ...world({ database: { blocksHit: 5_000, blocksRead: 5_000 } }), spans: spansOf(600) },
      },
      {
        name: 'trap 85: without the host’s memory no size is given',
        snapshot: world({ host: { memoryBytes: undefined } }),
        expect: ([finding]) => {
          expect(finding?.work).toBe('investigate');
          expect(finding?.approach).toContain('memory is not known');
          expect(finding?.steps.map((step) => step.sql ?? '').join()).not.toContain('ALTER SYSTEM');
        },
      },
      {
        name: 'trap 93: without read times no size is given either, and the reader learns how to get them',
        snapshot: world({
          statement: { blockReadTimeMs: 0 },
          server: { settings: { ...aServer().settings, track_io_timing: { value: false } } },
        }),
        expect: ([finding], outcome) => {
          expect(finding?.work).toBe('investigate');
          expect(finding?.benefit).toMatchObject({ kind: 'risk', confidence: 'low' });
          expect(caveatsOf(outcome)).toContain('track_io_timing');
        },
      },
      {
        name: 'buffers that are a quarter of the memory already',
        snapshot: world({ server: buffers(8 * GIB) }),
        expect: ([finding]) => expect(finding?.work).toBe('investigate'),
      },
      {
        name: 'trap 87: Aurora fills its buffers by other rules',
        snapshot: world({ server: { platform: 'aurora' } }),
        expect: ([finding]) => expect(finding?.work).toBe('investigate'),
      },
      {
        name: 'trap 87: on RDS the parameter group, no ALTER SYSTEM',
        snapshot: world({ server: { platform: 'rds' } }),
        expect: ([finding]) => {
          expect(finding?.steps.map((step) => step.sql ?? '').join()).not.toContain('ALTER SYSTEM');
          expect(finding?.steps.at(-1)?.text).toContain('set shared_buffers to 8GB and restart');
        },
      },
      {
        name: 'a table under 90 % with a tenth of the reads, on a warm server',
        snapshot: world({ database: { blocksHit: 9_000_000, blocksRead: 200_000 }, table: hot }),
        expect: ([finding]) => {
          expect(finding?.title).toBe('Find out why public.orders is read from outside the buffer cache');
          expect(finding?.work).toBe('investigate');
          expect(finding?.evidence.find(({ label }) => label.includes('public.orders'))?.value).toContain('10 %; hit');
        },
      },
      {
        name: 'trap 94: a table that scans and dumps read is told apart',
        snapshot: world({
          database: { blocksHit: 9_000_000, blocksRead: 200_000 },
          table: { ...hot, sequentialScans: 3, sequentialRowsRead: 3_000_000 },
        }),
        expect: ([finding]) => expect(finding?.approach).toContain('memory does not'),
      },
      {
        name: 'a cold server with several cold tables: one finding, the three worst as evidence',
        snapshot: {
          ...world({ database: { blocksHit: 500_000, blocksRead: 500_000 }, host: { memoryBytes: undefined } }),
          tables: ['a', 'b', 'c', 'd'].map((table, at) =>
            aTable({ table, heapBlocksRead: 60_000 + at, heapBlocksHit: 60_000 }),
          ),
        },
        expect: ([finding]) => {
          expect(finding?.subject).toEqual({ setting: 'shared_buffers' });
          expect(finding?.title).toBe(
            'Find out why public.d, public.c and public.b are read from outside the buffer cache',
          );
          expect(finding?.evidence.filter(({ label }) => label.startsWith('Reads of'))).toHaveLength(3);
        },
      },
      {
        name: 'trap 94: where scans fill the cache, more memory is no advice',
        snapshot: world({
          database: { blocksHit: 500_000, blocksRead: 500_000 },
          table: {
            heapBlocksRead: 100_000,
            heapBlocksHit: 100_000,
            sequentialScans: 5,
            sequentialRowsRead: 5_000_000,
          },
        }),
        expect: ([finding]) => expect(finding?.work).toBe('investigate'),
      },
    ],
    blind: [
      {
        name: 'trap 92: a ratio since the statistics began',
        snapshot: {
          ...world(),
          spans: { database: aSpan({ start: '2026-08-01T00:00:00Z', basis: 'statistics-reset' }) },
        },
        why: /next run/,
      },
      { name: 'blocks nobody counted', snapshot: world({ database: { blocksRead: undefined } }), why: /blocksRead/ },
    ],
  });
});
