import { describe, expect } from 'vitest';
import { busyProcessors } from '../../../lib/advise/system/busy-processors.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aHost, aSnapshot } from '../../support/rows.ts';

const one = (cpuBusyShare: number | undefined) => aSnapshot({ hosts: [aHost({ cpuBusyShare })] });

describe('busy-processors', () => {
  testAdvisor(busyProcessors, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      { name: 'just below', snapshot: one(0.699) },
    ],
    flags: [
      {
        name: 'busy all week: statements first, the machine last',
        snapshot: one(0.7),
        expect: ([finding]) => expect(finding?.approach).toMatch(/^Statements come first/),
      },
    ],
    blind: [
      { name: 'when no machine was seen', snapshot: aSnapshot({ hosts: [] }) },
      { name: 'when its processors were not', snapshot: one(undefined), why: /cpuBusyShare|cpu/ },
    ],
  });
});
