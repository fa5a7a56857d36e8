import { describe, expect } from 'vitest';
import { settingsPendingRestart } from '../../../lib/advise/system/settings-pending-restart.ts';
import type { Setting } from '../../../lib/model/rows.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aServer, aSnapshot } from '../../support/rows.ts';

const one = (settings: Readonly<Record<string, Setting>>) => aSnapshot({ server: aServer({ settings }) });

describe('settings-pending-restart', () => {
  testAdvisor(settingsPendingRestart, {
    passes: [
      { name: 'no setting that waits', snapshot: one({ max_connections: { value: 100, pendingRestart: false } }) },
    ],
    flags: [
      {
        name: 'trap 89: two settings that wait are one restart',
        snapshot: one({
          shared_buffers: { value: 1, pendingRestart: true },
          max_connections: { value: 100, pendingRestart: true },
          work_mem: { value: 4, pendingRestart: false },
        }),
        expect: ([finding]) => {
          expect(finding?.title).toBe('Restart the server to apply max_connections and shared_buffers');
          expect(finding?.maintenanceWindow).toContain('restart');
        },
      },
    ],
    blind: [{ name: 'settings without the flag, as exporters give them', snapshot: aSnapshot(), why: /not seen/ }],
  });
});
