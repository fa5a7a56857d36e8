import { describe, expect } from 'vitest';
import { fullDisks } from '../../../lib/advise/system/full-disks.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aHost, aSnapshot } from '../../support/rows.ts';

const GIB = 1024 ** 3;
const one = (diskBytes: number | undefined, diskFreeBytes: number) =>
  aSnapshot({ hosts: [aHost({ diskBytes, diskFreeBytes })] });

describe('full-disks', () => {
  testAdvisor(fullDisks, {
    passes: [
      { name: 'exactly 15 % free', snapshot: one(100 * GIB, 15 * GIB) },
      { name: 'a small part of a huge disk', snapshot: one(10_000 * GIB, 501 * GIB) },
    ],
    flags: [
      {
        name: 'less than 15 % free',
        snapshot: one(100 * GIB, 14 * GIB),
        expect: ([finding]) => expect(finding?.benefit).toMatchObject({ kind: 'risk', averts: 'outage' }),
      },
    ],
    blind: [{ name: 'when the size of the disk is not known', snapshot: one(undefined, GIB), why: /diskBytes|disk/ }],
  });
});
