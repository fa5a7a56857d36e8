import { describe, expect } from 'vitest';
import { heldHorizon } from '../../../lib/advise/maintenance/held-horizon.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aServer, aSnapshot } from '../../support/rows.ts';

const DAY = 86_400;
const one = (...horizon: NonNullable<ReturnType<typeof aServer>['horizon']>) =>
  aSnapshot({ server: aServer({ horizon }) });

describe('held-horizon', () => {
  testAdvisor(heldHorizon, {
    passes: [
      { name: 'nothing holds rows back', snapshot: one() },
      {
        name: 'a dump of some hours',
        snapshot: one({ kind: 'transaction', name: 'pg_dump', ageSeconds: DAY - 1, ageXids: 90_000_000 }),
      },
      { name: 'a slot that lags a little', snapshot: one({ kind: 'slot', name: 'cdc', ageXids: 9_999_999 }) },
    ],
    flags: [
      {
        name: 'a transaction of a day, once for all of its kind',
        snapshot: one(
          { kind: 'transaction', name: 'psql', ageSeconds: 3 * DAY, statement: 'UPDATE on orders' },
          { kind: 'transaction', name: 'psql', ageSeconds: 2 * DAY },
        ),
        expect: ([finding]) => expect(finding?.title).toContain('(psql) has kept from vacuum for 3 days'),
      },
      { name: 'a prepared transaction', snapshot: one({ kind: 'prepared', name: 'tx1', ageSeconds: DAY }) },
      {
        name: 'a slot and a standby, each by name (trap 68)',
        count: 2,
        snapshot: one(
          { kind: 'slot', name: 'cdc', ageXids: 10_000_000, state: 'inactive' },
          { kind: 'standby', name: 'replica1', ageXids: 20_000_000 },
        ),
      },
    ],
    blind: [{ name: 'when it was not seen', snapshot: aSnapshot(), why: /pg_monitor/ }],
  });
});
