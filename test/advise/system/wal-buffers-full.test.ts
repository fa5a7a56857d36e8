import { describe, expect } from 'vitest';
import { walBuffersFull } from '../../../lib/advise/system/wal-buffers-full.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aServer, aSnapshot, spansOf } from '../../support/rows.ts';

const MIB = 1024 ** 2;
const seen = (full: number | undefined, buffers: number | undefined) =>
  aSnapshot({
    server: aServer({
      walBuffersFull: full,
      settings:
        buffers === undefined ? {} : { wal_buffers: { value: buffers, unit: 'bytes', source: 'configuration file' } },
    }),
  });

describe('wal-buffers-full', () => {
  testAdvisor(walBuffersFull, {
    passes: [
      { name: 'once in a while', snapshot: seen(600_000, 16 * MIB) },
      {
        name: 'a bulk load of a minute',
        snapshot: { ...seen(6_000, 4 * MIB), spans: spansOf(60) },
      },
      { name: 'buffers that are large already', snapshot: seen(90_000_000, 64 * MIB) },
    ],
    flags: [
      {
        name: 'a hundred times a second: at the next restart (trap 88), and back to the former value',
        snapshot: seen(60_480_000, 4 * MIB),
        expect: ([finding]) => {
          expect(finding?.maintenanceWindow).toContain('restart');
          expect(finding?.risk.rollback).toEqual(["ALTER SYSTEM SET wal_buffers = '4096kB';"]);
        },
      },
    ],
    blind: [
      { name: 'before PostgreSQL 14', snapshot: seen(undefined, 16 * MIB) },
      { name: 'where the setting was not seen', snapshot: seen(60_480_000, undefined), why: /wal_buffers/ },
    ],
  });
});
