import { defineAdvisor } from '../advisor.ts';
import { percent } from '../words.ts';
import { patternAdvice, worthThresholds } from './pattern.ts';

const SHARE = 0.3;

export const planningTime = defineAdvisor({
  card: {
    id: 'planning-time',
    area: 'query',
    title: 'Statements that are planned longer than they need to be',
    clear: 'No costly statement spends a third of its time on planning.',
    why: 'A statement planned for every execution pays for it every time; many partitions or joins make it dear. Prepared statements are planned once and then reused.',
    source:
      'PostgreSQL manual, PREPARE; F.32 pg_stat_statements.track_planning; 5.12.6 Best practices for partitioning',
    thresholds: [
      ...worthThresholds,
      { name: 'planning ÷ (planning + execution)', value: '≥ 30 %', reason: 'below it execution is where to look' },
    ],
  },
  needs: { statement: ['calls', 'totalTimeMs', 'planTimeMs', 'plans'] },
  advise({ statement }, context) {
    const planning = new Map<string, { ms: number; plans: number }>();
    for (const row of statement) {
      const key = JSON.stringify([row.database, row.statement]);
      const sum = planning.get(key) ?? { ms: 0, plans: 0 };
      planning.set(key, { ms: sum.ms + row.planTimeMs, plans: sum.plans + row.plans });
    }
    if ([...planning.values()].every(({ plans }) => plans === 0) && statement.length > 0) {
      const blind =
        'Planning is not counted. Set pg_stat_statements.track_planning = on for a week; it costs a little on many processors.';
      return { findings: [], examined: 0, blind };
    }
    return patternAdvice(statement, context, {
      what: 'What a statement plans',
      spot(load) {
        const { ms, plans } = planning.get(JSON.stringify([load.database, load.statement])) ?? { ms: 0, plans: 0 };
        const share = ms / (ms + load.totalTimeMs);
        if (share < SHARE || plans < load.calls / 2) return null;
        return {
          title: 'Plan less often:',
          evidence: [
            { label: 'Planning time', value: ms, unit: 'ms', source: 'pg_stat_statements.total_plan_time' },
            { label: 'Share of planning', value: share, unit: 'share', source: 'planning ÷ (planning + execution)' },
          ],
          approach: `${percent(share)} of its time is planning. Use prepared statements in the driver, behind a pooler that supports them; on a partitioned table, filter by the partition key so that few partitions are planned, and keep their number in the hundreds at most.`,
          benefit: {
            reduces: null,
            confidence: 'medium',
            basis: `Planning comes on top of the execution time that is counted as database time here; most of ${percent(share)} of the whole can go with prepared statements.`,
          },
          work: 'change-application',
          steps: [
            { text: 'See how the driver sends it: unnamed each time, or prepared by name after some executions.' },
            {
              text: 'Switch on server-side prepared statements, and watch that a generic plan suits all values (plan_cache_mode says which is used).',
            },
          ],
          risk: {
            performance:
              'A generic plan can be worse for rare values; plan_cache_mode = force_custom_plan for that role is the way back.',
          },
        };
      },
    });
  },
});
