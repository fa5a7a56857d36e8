import { describe, expect } from 'vitest';
import { connectionPeaks } from '../../../lib/advise/system/connection-peaks.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aDatabase, aHost, aServer, aSnapshot, spansOf } from '../../support/rows.ts';

const one = (server: Parameters<typeof aServer>[0]) => aSnapshot({ server: aServer(server) });
// 100 connections for applications: 80 is the threshold.
const near = { maxConnections: 103, reservedConnections: 3, connectionsPeak: 80, connectionsAverage: 50 };

describe('connection-peaks', () => {
  testAdvisor(connectionPeaks, {
    passes: [
      { name: 'a peak far from the limit', snapshot: aSnapshot() },
      { name: 'just under four fifths', snapshot: one({ ...near, connectionsPeak: 79 }) },
      {
        name: 'trap 97: idle sessions far from the limit are a pool’s normal state',
        snapshot: one({ idleSessions: 55 }),
      },
      {
        name: 'trap 98: a peak far above a small average, but far from the limit',
        snapshot: one({ connectionsAverage: 2, connectionsPeak: 60 }),
      },
    ],
    flags: [
      {
        name: 'from the catalog alone, with the word that it saw one moment',
        snapshot: aSnapshot({
          server: aServer({ connectionsPeak: 190 }),
          quality: { ...aSnapshot().quality, sources: ['postgres'] },
        }),
        expect: (_, outcome) => expect('caveats' in outcome && outcome.caveats.join()).toContain('moment of the look'),
      },
      {
        name: 'exactly four fifths, with a pool sized by what works at once',
        snapshot: one(near),
        expect: ([finding]) => {
          // 10 hours of work in 168 are 0.06 sessions at once; twice the 8 processors is the floor of a pool.
          expect(finding?.approach).toContain('about 16 server connections');
          expect(finding?.work).toBe('change-infrastructure');
          expect(finding?.acceptance).toContain('below 80 connections');
        },
      },
      {
        name: 'the pool grows with concurrency, in a window of ten minutes as in a week',
        // 6,000 s of work in 600 s are 10 sessions at once; four times that for bursts.
        snapshot: {
          ...one(near),
          databases: [aDatabase({ activeTimeMs: 6_000_000 })],
          hosts: [aHost({ cpuCount: 2 })],
          spans: spansOf(600),
        },
        expect: ([finding]) => expect(finding?.approach).toContain('about 40 server connections'),
      },
      {
        name: 'trap 99: reserved connections are not the application’s',
        snapshot: one({ ...near, reservedConnections: 23, connectionsPeak: 64 }),
      },
      {
        name: 'reserved connections nobody saw are assumed, and said to be',
        snapshot: one({ ...near, reservedConnections: undefined }),
        expect: (_, outcome) =>
          expect(outcome.state === 'found' ? outcome.caveats.join(' ') : '').toContain('3 were assumed'),
      },
      {
        name: 'trap 98: a peak three times a real average is named as such',
        snapshot: one({ ...near, connectionsAverage: 25 }),
        expect: ([finding]) => expect(finding?.approach).toContain('far above the average'),
      },
      {
        name: 'without statement times no pool size is invented, nor is max_connections raised (trap 88)',
        snapshot: { ...one(near), statements: [], databases: [] },
        expect: ([finding]) => {
          expect(finding?.approach).toContain('not known well enough');
          expect(finding?.steps.map((step) => step.sql ?? '').join()).not.toContain('max_connections');
        },
      },
      {
        name: 'trap 100: a pooler hides its queue, and the reader is told',
        snapshot: one(near),
        expect: (_, outcome) =>
          expect(outcome.state === 'found' ? outcome.caveats.join(' ') : '').toContain('Behind a pooler'),
      },
    ],
    blind: [
      { name: 'a peak without its ceiling', snapshot: one({ maxConnections: undefined }), why: /maxConnections/ },
    ],
  });
});
