import { defineAdvisor } from '../advisor.ts';
import { changeSetting, doneSign, numberOf } from '../change-setting.ts';
import { riskFinding } from '../plain.ts';

const SETTING = 'random_page_cost';
const COST = 4;
const WANTED = '1.1';
const READS_PER_SECOND = 50;
const FAST_MS = 1;

export const randomPageCostOnFastDisks = defineAdvisor({
  card: {
    id: 'random-page-cost-on-fast-disks',
    area: 'system',
    title: 'random_page_cost of a spinning disk on fast storage',
    clear: 'random_page_cost fits the measured latency of the storage, or the storage is not fast.',
    why: 'With 4, the planner takes a random read for four times as dear as the next page, as on spinning disks. On storage that answers within a millisecond it then reads tables from end to end where an index would be faster.',
    source: 'PostgreSQL manual, 19.7.2 Planner Cost Constants: random_page_cost',
    thresholds: [
      { name: 'random_page_cost', value: '≥ 4', reason: 'the default; somebody who lowered it has decided' },
      { name: 'latency of a read', value: '≤ 1 ms on average', reason: 'no spinning disk answers so fast' },
      { name: 'reads', value: '≥ 50 per second', reason: 'few reads say little about the storage' },
    ],
  },
  needs: { host: ['readLatencyMs', 'readIops'] },
  advise({ host }, { snapshot: { server } }) {
    const cost = numberOf(server, SETTING);
    if (cost === undefined) {
      const blind = 'random_page_cost was not seen. Connect pg-hunt to PostgreSQL.';
      return { findings: [], examined: 0, blind };
    }
    const busy = host.filter(({ readIops }) => readIops >= READS_PER_SECOND);
    const slowest = busy.toSorted((a, b) => b.readLatencyMs - a.readLatencyMs)[0];
    if (slowest === undefined || slowest.readLatencyMs > FAST_MS || cost < COST) {
      return { findings: [], examined: host.length };
    }
    const change = changeSetting(server, SETTING, WANTED, false);
    const finding = riskFinding({
      subject: { setting: SETTING },
      title: `Lower ${SETTING} from ${cost} to ${WANTED}: the storage answers within a millisecond`,
      evidence: [
        { label: SETTING, value: cost, unit: 'count', source: 'pg_settings' },
        { label: 'Latency of a read', value: slowest.readLatencyMs, unit: 'ms', source: 'host metrics' },
        { label: 'Reads a second', value: slowest.readIops, unit: 'count', source: 'host metrics' },
      ],
      approach: `Set it to ${WANTED}, and keep the plans of the costliest statements from before to compare: those that read a fair share of a table may turn to an index.`,
      basis:
        'Averts sequential scans that the planner prefers for a disk that is not there. What they cost shows only in the plans afterwards.',
      work: 'change-setting',
      steps: change.steps,
      risk: {
        level: 'medium',
        technical: 'Plans of all statements may change at the reload.',
        performance: 'A statement whose rows are scattered widely can become slower by an index.',
        mitigation:
          'Set it for one role or session first (SET random_page_cost), and compare the costliest statements.',
        rollback: change.rollback,
      },
      maintenanceWindow: change.maintenanceWindow,
      acceptance: 'The database time of a week falls or stays, and no leading statement is slower',
      measuredBy: {
        language: 'sql',
        query:
          'SELECT queryid, calls, total_exec_time / nullif(calls, 0) AS mean_ms FROM pg_stat_statements ORDER BY total_exec_time DESC LIMIT 20;',
      },
      done: doneSign(server, SETTING),
    });
    return { findings: [finding], examined: host.length };
  },
});
