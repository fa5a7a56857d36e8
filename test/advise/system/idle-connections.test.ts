import { describe, expect } from 'vitest';
import { idleConnections } from '../../../lib/advise/system/idle-connections.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aDatabase, aSnapshot, spansOf } from '../../support/rows.ts';

const HOUR_MS = 3_600_000;
/** In a window of an hour. */
const seen = (open: number, busy: number | undefined, inTransaction = 0) =>
  aSnapshot({
    spans: spansOf(3600),
    databases: [
      aDatabase({
        sessionTimeMs: open * HOUR_MS,
        activeTimeMs: busy === undefined ? undefined : busy * HOUR_MS,
        idleInTransactionTimeMs: inTransaction * HOUR_MS,
      }),
    ],
  });

describe('idle-connections', () => {
  testAdvisor(idleConnections, {
    passes: [
      { name: 'fewer than a hundred', snapshot: seen(99, 0) },
      { name: 'a hundred that work more than a twentieth of the time', snapshot: seen(100, 5.1) },
      { name: 'transactions that wait for their client, which no pool can share', snapshot: seen(200, 5, 5.1) },
    ],
    flags: [
      {
        name: 'three hundred of which six work: a pool of four times that, and its memory as an interval',
        snapshot: seen(300, 6),
        expect: ([finding]) => {
          expect(finding?.title).toBe('Share connections to shop: 300 are open, 6 work');
          expect(finding?.approach).toContain('with about 24 connections');
          expect(finding?.benefit).toMatchObject({
            kind: 'risk',
            basis: expect.stringContaining('550 MiB to 2.7 GiB'),
          });
        },
      },
      {
        name: 'a hundred that do nothing: never a pool of none',
        snapshot: seen(100, 0),
        expect: ([finding]) => {
          expect(finding?.title).toContain('less than one works');
          expect(finding?.approach).toContain('with about 10 connections');
        },
      },
    ],
    blind: [{ name: 'before PostgreSQL 14', snapshot: seen(300, undefined), why: /activeTimeMs/ }],
  });
});
