import { defineAdvisor } from '../advisor.ts';
import { changeSetting, doneSign, serverSetting } from '../change-setting.ts';
import { riskFinding } from '../plain.ts';

/** Switches for experiments in a session; off for all, each takes a whole kind of plan away. */
const METHODS = [
  'enable_bitmapscan',
  'enable_hashagg',
  'enable_hashjoin',
  'enable_indexonlyscan',
  'enable_indexscan',
  'enable_material',
  'enable_memoize',
  'enable_mergejoin',
  'enable_nestloop',
  'enable_parallel_append',
  'enable_parallel_hash',
  'enable_partition_pruning',
  'enable_seqscan',
  'enable_sort',
] as const;

export const plannerMethodsOff = defineAdvisor({
  card: {
    id: 'planner-methods-off',
    area: 'system',
    title: 'Planner methods switched off for the whole server',
    clear: 'No method of the planner is switched off for the whole server.',
    why: 'The enable_… settings are there to try something in one session. Off for the server, they cure one statement and make the planner choose worse plans for others, also for statements that are yet to come.',
    source: 'PostgreSQL manual, 19.7.1 Planner Method Configuration',
    thresholds: [
      {
        name: 'enable_… settings',
        value: 'off',
        reason: 'the default of each of those looked at is on, on every version',
      },
    ],
  },
  needs: {},
  advise(_rows, { snapshot: { server } }) {
    const seen = METHODS.filter((name) => serverSetting(server, name) !== undefined);
    if (seen.length === 0) {
      const blind = 'Planner settings were not seen. Connect pg-hunt to PostgreSQL.';
      return { findings: [], examined: 0, blind };
    }
    const findings = seen
      .filter((name) => serverSetting(server, name)?.value === false)
      .map((name) => {
        const change = changeSetting(server, name, 'on', false);
        return riskFinding({
          subject: { setting: name },
          title: `Switch ${name} on again for the server`,
          evidence: [
            { label: name, value: 'off', source: 'pg_settings' },
            { label: 'Set by', value: serverSetting(server, name)?.source ?? 'not seen', source: 'pg_settings.source' },
          ],
          approach: `Find out which statement it was switched off for, and cure that one: right statistics, an index, or SET LOCAL ${name} = off in its transaction alone. Then switch it on for the server.`,
          basis: 'Averts plans that the planner itself knows to be worse. What they cost today is not measured here.',
          work: 'change-setting',
          steps: change.steps,
          risk: {
            level: 'medium',
            technical: 'The statement that it was switched off for may fall back to its bad plan.',
            performance: 'Plans of all statements may change at the reload, most of them for the better.',
            mitigation:
              'Try it on staging with the costliest statements; the rollback takes effect at the next reload.',
            rollback: change.rollback,
          },
          maintenanceWindow: change.maintenanceWindow,
          acceptance: `${name} is on, and the mean time of the costliest statements has not risen over a week`,
          measuredBy: {
            language: 'sql',
            query: `SELECT name, setting, source FROM pg_settings WHERE name = '${name}';`,
          },
          done: doneSign(server, name),
        });
      });
    return { findings, examined: seen.length };
  },
});
