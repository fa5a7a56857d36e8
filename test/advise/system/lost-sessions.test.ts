import { describe, expect } from 'vitest';
import { lostSessions } from '../../../lib/advise/system/lost-sessions.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aDatabase, aSnapshot } from '../../support/rows.ts';

const one = (sessions: number, sessionsAbandoned: number | undefined, sessionsFatal = 0) =>
  aSnapshot({ databases: [aDatabase({ sessions, sessionsAbandoned, sessionsFatal })] });

describe('lost-sessions', () => {
  testAdvisor(lostSessions, {
    passes: [
      { name: 'sessions that end as they should', snapshot: one(100_000, 0) },
      { name: 'just below a twentieth', snapshot: one(10_000, 300, 199) },
      { name: 'few in all', snapshot: one(100, 99) },
      { name: 'no session at all', snapshot: one(0, 0) },
    ],
    flags: [
      {
        name: 'a twentieth, of both kinds together',
        snapshot: one(10_000, 300, 200),
        expect: ([finding]) => {
          expect(finding?.title).toBe('Find out why 5 % of the sessions in shop are cut off');
          expect(finding?.evidence.map(({ value }) => value)).toEqual([300, 200, 10_000]);
          expect(finding?.steps.every(({ sql }) => sql === undefined)).toBe(true);
        },
      },
    ],
    blind: [{ name: 'before PostgreSQL 14', snapshot: one(10_000, undefined), why: /sessionsAbandoned/ }],
  });
});
