import { expect, test } from 'vitest';
import { weeksEarlier } from '../../lib/demo/calendar.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';

const AT = Date.parse('2026-11-22T12:00:00.000Z') / 1000;
const WEEK = 7 * 24 * 3600;

const snapshot: Snapshot = {
  version: 1,
  target: 'demo-shop',
  takenAt: '2026-11-22T12:00:00.000Z',
  window: { start: '2026-11-15T12:00:00.000Z', end: '2026-11-22T12:00:00.000Z' },
  server: { settings: {}, startedAt: AT, idleInTransactionSeconds: 12 },
  databases: [{ database: 'shop', statsResetAt: AT, commits: 5 }],
  tables: [{ database: 'shop', schema: 'public', table: 'carts', lastAnalyzeAt: AT, deadRows: 7 }],
  indexes: [{ database: 'shop', schema: 'public', table: 'carts', index: 'i', lastScanAt: AT, scans: 3 }],
  statements: [{ database: 'shop', queryid: '1', statement: 'a', calls: 9 }],
  hosts: [],
  spans: {
    statement: {
      start: '2026-11-22T11:59:50.000Z',
      end: '2026-11-22T12:00:00.000Z',
      source: 'postgres',
      basis: 'statistics-reset',
    },
  },
  gaps: [],
  quality: {
    sources: ['postgres'],
    coveredShare: null,
    resets: 0,
    statementCoverage: null,
    statisticsAgeSeconds: 10,
    blindDatabases: [],
    notes: [],
  },
  sources: [],
  counters: {
    at: '2026-11-22T12:00:00.000Z',
    since: null,
    startedAt: AT,
    server: { walBytes: 1 },
    databases: {},
    tables: {},
    indexes: {},
    statements: {},
  },
};

test('every moment moves by a week, every number that is no moment stays', () => {
  const moved = weeksEarlier(snapshot, 1);
  expect(JSON.stringify(moved)).not.toContain('2026-11-22');
  expect(moved.window).toEqual({ start: '2026-11-08T12:00:00.000Z', end: '2026-11-15T12:00:00.000Z' });
  expect(moved.server).toEqual({ settings: {}, startedAt: AT - WEEK, idleInTransactionSeconds: 12 });
  expect(moved.databases[0]).toEqual({ database: 'shop', statsResetAt: AT - WEEK, commits: 5 });
  expect(moved.tables[0]).toMatchObject({ lastAnalyzeAt: AT - WEEK, deadRows: 7 });
  expect(moved.indexes[0]).toMatchObject({ lastScanAt: AT - WEEK, scans: 3 });
  expect(moved.counters).toMatchObject({ startedAt: AT - WEEK, since: null, server: { walBytes: 1 } });
});

test('spans keep their length, so that rates stay what they were', () => {
  const span = weeksEarlier(snapshot, 1).spans.statement;
  expect(span?.start).toBe('2026-11-15T11:59:50.000Z');
  expect(span?.end).toBe('2026-11-15T12:00:00.000Z');
});

test('there and back is the same snapshot', () => {
  expect(weeksEarlier(weeksEarlier(snapshot, 1), -1)).toEqual(snapshot);
});
