import { describe, expect } from 'vitest';
import { ioTimingOff } from '../../../lib/advise/system/io-timing-off.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aDatabase, aServer, aSnapshot } from '../../support/rows.ts';

const one = (value: boolean, blocksRead = 1_000_000) =>
  aSnapshot({
    server: aServer({ settings: { track_io_timing: { value, source: 'default' } } }),
    databases: [aDatabase({ blocksRead })],
  });

describe('io-timing-off', () => {
  testAdvisor(ioTimingOff, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      { name: 'off where hardly anything is read', snapshot: one(false, 999_999) },
    ],
    flags: [
      {
        name: 'off while a million blocks are read',
        snapshot: one(false),
        expect: ([finding]) =>
          expect(finding?.risk.rollback).toEqual(['ALTER SYSTEM RESET track_io_timing;', 'SELECT pg_reload_conf();']),
      },
    ],
    blind: [
      {
        name: 'when the setting could not be read',
        snapshot: aSnapshot({ server: aServer({ settings: {} }) }),
        why: /track_io_timing/,
      },
    ],
  });
});
