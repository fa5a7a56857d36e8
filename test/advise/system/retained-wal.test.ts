import { describe, expect } from 'vitest';
import { retainedWal } from '../../../lib/advise/system/retained-wal.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aServer, aSnapshot } from '../../support/rows.ts';

const GIB = 1024 ** 3;
const slot = { slot: 'cdc', type: 'logical', active: false, temporary: false, retainedBytes: GIB } as const;
const one = (changes: object) => aSnapshot({ server: aServer({ slots: [{ ...slot, ...changes }] }) });

describe('retained-wal', () => {
  testAdvisor(retainedWal, {
    passes: [
      { name: 'no slots', snapshot: aSnapshot({ server: aServer({ slots: [] }) }) },
      { name: 'an inactive slot that keeps little', snapshot: one({ retainedBytes: GIB - 1 }) },
      { name: 'an active one that keeps much, with room left', snapshot: one({ active: true, safeBytes: GIB }) },
      { name: 'a temporary one', snapshot: one({ temporary: true }) },
    ],
    flags: [
      {
        name: 'inactive with a GiB of WAL: its owner is asked first, and no drop is printed (trap 104)',
        snapshot: one({}),
        expect: ([finding]) => {
          expect(finding?.approach).toMatch(/^Ask the owner first/);
          expect(finding?.steps.some(({ sql }) => /pg_drop_replication_slot/.test(sql ?? ''))).toBe(false);
        },
      },
      { name: 'in use, and nearly lost', snapshot: one({ active: true, retainedBytes: 20 * GIB, safeBytes: GIB }) },
      {
        name: 'lost',
        snapshot: one({ walStatus: 'lost', retainedBytes: undefined }),
        expect: ([finding]) => expect(finding?.title).toContain('has lost its WAL'),
      },
    ],
    blind: [{ name: 'when slots were not seen', snapshot: aSnapshot(), why: /slots/ }],
  });
});
