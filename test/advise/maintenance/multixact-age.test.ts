import { describe, expect } from 'vitest';
import { multixactAge } from '../../../lib/advise/maintenance/multixact-age.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aDatabase, aServer, aSnapshot } from '../../support/rows.ts';

const seen = (multixactAge: number | undefined, settings = {}) =>
  aSnapshot({
    server: aServer({ settings: { ...aServer().settings, ...settings } }),
    databases: [aDatabase({ multixactAge })],
  });

describe('multixact-age', () => {
  testAdvisor(multixactAge, {
    passes: [
      { name: 'young ids', snapshot: seen(1_000_000) },
      { name: 'an age at which autovacuum is about to begin', snapshot: seen(590_000_000) },
      {
        name: 'the same age where the server lets them grow older',
        snapshot: seen(900_000_000, {
          autovacuum_multixact_freeze_max_age: { value: 800_000_000, source: 'configuration file' },
        }),
      },
    ],
    flags: [
      {
        name: 'far beyond the age at which autovacuum should have come',
        snapshot: seen(900_000_000),
        expect: ([finding]) => {
          expect(finding?.benefit).toMatchObject({ kind: 'risk', averts: 'outage' });
          expect(finding?.measuredBy).toMatchObject({ now: 900_000_000, target: 400_000_000 });
        },
      },
    ],
    blind: [{ name: 'where the age was not seen', snapshot: seen(undefined) }],
  });
});
