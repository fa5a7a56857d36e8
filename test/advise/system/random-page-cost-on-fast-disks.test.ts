import { describe, expect } from 'vitest';
import { randomPageCostOnFastDisks } from '../../../lib/advise/system/random-page-cost-on-fast-disks.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aHost, aServer, aSnapshot } from '../../support/rows.ts';

const seen = ({ cost = 4 as number | undefined, readLatencyMs = 0.4, readIops = 900 } = {}) =>
  aSnapshot({
    server: aServer({ settings: cost === undefined ? {} : { random_page_cost: { value: cost, source: 'default' } } }),
    hosts: [aHost({ readLatencyMs, readIops })],
  });

describe('random-page-cost-on-fast-disks', () => {
  testAdvisor(randomPageCostOnFastDisks, {
    passes: [
      { name: 'a value that somebody chose', snapshot: seen({ cost: 2 }) },
      { name: 'a disk that turns', snapshot: seen({ readLatencyMs: 7 }) },
      { name: 'too few reads to tell', snapshot: seen({ readIops: 3 }) },
      {
        name: 'one of two machines with slow disks: the slower one counts',
        snapshot: {
          ...seen(),
          hosts: [
            aHost({ readLatencyMs: 0.4, readIops: 900 }),
            aHost({ host: 'db2', readLatencyMs: 9, readIops: 900 }),
          ],
        },
      },
    ],
    flags: [
      {
        name: 'the default on storage that answers at once',
        snapshot: seen(),
        expect: ([finding]) => {
          expect(finding?.steps[0]?.sql).toBe("ALTER SYSTEM SET random_page_cost = '1.1';");
          expect(finding?.risk.rollback[0]).toBe('ALTER SYSTEM RESET random_page_cost;');
        },
      },
    ],
    blind: [
      { name: 'without the machine (trap 85)', snapshot: aSnapshot() },
      {
        name: 'where the setting was not seen',
        snapshot: { ...seen(), server: aServer({ settings: {} }) },
        why: /random_page_cost/,
      },
    ],
  });
});
