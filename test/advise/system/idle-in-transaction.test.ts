import { describe, expect } from 'vitest';
import { idleInTransaction } from '../../../lib/advise/system/idle-in-transaction.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aServer, aSnapshot, spansOf } from '../../support/rows.ts';

const NAME = 'idle_in_transaction_session_timeout';
const one = (server: Parameters<typeof aServer>[0]) => aSnapshot({ server: aServer(server) });
const timeout = (value: number, source = 'configuration file') => ({ [NAME]: { value, unit: 'ms' as const, source } });

describe('idle-in-transaction', () => {
  testAdvisor(idleInTransaction, {
    passes: [
      { name: 'a server without idle transactions', snapshot: aSnapshot() },
      { name: 'just under five minutes', snapshot: one({ idleInTransactionSeconds: 299.9 }) },
      {
        name: 'trap 97: many idle sessions outside of transactions',
        snapshot: one({ idleSessions: 150, idleSeconds: 9000 }),
      },
    ],
    flags: [
      {
        name: 'exactly five minutes, with no timeout set',
        snapshot: one({ idleInTransactionSeconds: 300, idleInTransactionSessions: 2, settings: timeout(0, 'default') }),
        expect: ([finding]) => {
          const texts = finding?.steps.map((step) => step.sql ?? step.text) ?? [];
          const role = texts.findIndex((text) => text.includes('ALTER ROLE'));
          const server = texts.indexOf(`ALTER SYSTEM SET ${NAME} = '10min';`);
          expect(role).toBeGreaterThan(0);
          expect(server).toBeGreaterThan(role);
          expect(finding?.risk.rollback).toEqual([`ALTER SYSTEM RESET ${NAME};`, 'SELECT pg_reload_conf();']);
          expect(finding?.done).toEqual({ kind: 'setting-changed', setting: NAME, from: 0 });
          expect(finding?.evidence.at(-1)).toMatchObject({ label: NAME, value: 'off' });
        },
      },
      {
        name: 'an age does not scale with the window',
        snapshot: { ...one({ idleInTransactionSeconds: 300 }), spans: spansOf(600) },
      },
      {
        name: 'trap 89: a role overrides the server’s timeout',
        snapshot: one({ idleInTransactionSeconds: 900, settings: timeout(60_000) }),
        expect: ([finding]) => expect(finding?.approach).toContain('overrides'),
      },
      {
        name: 'trap 89: the timeout of the session that looked is not the server’s',
        snapshot: one({ idleInTransactionSeconds: 900, settings: timeout(60_000, 'session') }),
        expect: ([finding]) => {
          expect(finding?.evidence.at(-1)?.value).toBe('not seen');
          expect(finding?.approach).not.toContain('overrides');
        },
      },
      {
        name: 'a timeout that was set is put back as it was',
        snapshot: one({ idleInTransactionSeconds: 4000, settings: timeout(3_600_000) }),
        expect: ([finding]) => expect(finding?.risk.rollback[0]).toBe(`ALTER SYSTEM SET ${NAME} = '3600000ms';`),
      },
      {
        name: 'trap 87: on a managed service there is no ALTER SYSTEM',
        snapshot: one({ idleInTransactionSeconds: 900, platform: 'rds' }),
        expect: ([finding]) => {
          const printed = [...(finding?.steps ?? []).map((step) => step.sql ?? ''), ...(finding?.risk.rollback ?? [])];
          expect(printed.join()).not.toContain('ALTER SYSTEM');
          expect(finding?.steps.at(-1)?.text).toContain('DB parameter group');
        },
      },
      {
        name: 'trap 109: a timeout nobody saw is not said to be off',
        snapshot: one({ idleInTransactionSeconds: 900, settings: {} }),
        expect: ([finding]) => {
          expect(finding?.evidence.at(-1)?.value).toBe('not seen');
          expect(finding?.done).toMatchObject({ from: null });
        },
      },
    ],
    blind: [{ name: 'idle transactions nobody measured', snapshot: one({ idleInTransactionSeconds: undefined }) }],
  });
});
