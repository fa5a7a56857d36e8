import { describe, expect } from 'vitest';
import { settingsPendingRestart } from '../../../lib/advise/system/settings-pending-restart.ts';
import type { Setting } from '../../../lib/model/rows.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aServer, aSnapshot } from '../../support/rows.ts';

const one = (settings: Readonly<Record<string, Setting>>) => aSnapshot({ server: aServer({ settings }) });

describe('settings-pending-restart', () => {
  testAdvisor(settingsPendingRestart, {
    passes: [{ name: 'no setting that waits', snapshot: aSnapshot() }],
    flags: [
      {
        name: 'trap 89: two settings that wait are one restart',
        snapshot: one({
          shared_buffers: { value: 1, source: 'configuration file', pendingRestart: true },
          max_connections: { value: 100, source: 'configuration file', pendingRestart: true },
          work_mem: { value: 4, source: 'default' },
        }),
        expect: ([finding]) => {
          expect(finding?.title).toBe('Restart the server to apply max_connections and shared_buffers');
          expect(finding?.maintenanceWindow).toContain('restart');
        },
      },
    ],
    blind: [
      {
        name: 'settings as exporters give them, without source and flag',
        snapshot: one({ work_mem: { value: 4 } }),
        why: /not seen/,
      },
    ],
  });
});
