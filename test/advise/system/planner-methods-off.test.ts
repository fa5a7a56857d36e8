import { describe, expect } from 'vitest';
import { plannerMethodsOff } from '../../../lib/advise/system/planner-methods-off.ts';
import type { ServerRow } from '../../../lib/model/rows.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aServer, aSnapshot, type Over } from '../../support/rows.ts';

const off = { value: false, source: 'configuration file' };
const on = { value: true, source: 'default' };
const seen = (settings: ServerRow['settings'], over: Over<ServerRow> = {}) =>
  aSnapshot({ server: aServer({ settings, ...over }) });

describe('planner-methods-off', () => {
  testAdvisor(plannerMethodsOff, {
    passes: [
      { name: 'all on', snapshot: seen({ enable_seqscan: on, enable_nestloop: on }) },
      {
        name: 'off by default, which is no method lost',
        snapshot: seen({ enable_seqscan: on, enable_partitionwise_join: off }),
      },
      {
        name: 'off for the role that looks alone (trap 89)',
        snapshot: seen({ enable_seqscan: on, enable_nestloop: { value: false, source: 'user' } }),
      },
    ],
    flags: [
      {
        name: 'two off: one finding each, and back to what stood in the file',
        snapshot: seen({ enable_seqscan: off, enable_nestloop: off, enable_sort: on }),
        count: 2,
        expect: ([finding]) => {
          expect(finding?.steps[0]?.sql).toBe("ALTER SYSTEM SET enable_nestloop = 'on';");
          expect(finding?.risk.rollback[0]).toBe("ALTER SYSTEM SET enable_nestloop = 'off';");
        },
      },
      {
        name: 'on RDS in the parameter group (trap 87)',
        snapshot: seen({ enable_seqscan: off }, { platform: 'rds' }),
        expect: ([finding]) => {
          expect(finding?.steps.every(({ sql }) => sql === undefined)).toBe(true);
          expect(finding?.steps[0]?.text).toContain('DB parameter group');
        },
      },
    ],
    blind: [{ name: 'where settings were not seen', snapshot: seen({}), why: /not seen/ }],
  });
});
