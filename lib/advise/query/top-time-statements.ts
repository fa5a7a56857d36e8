import type { Finding } from '../../model/finding.ts';
import { type Context, defineAdvisor } from '../advisor.ts';
import { percent } from '../words.ts';
import { acceptanceOf, explainSteps, statementEvidence, subjectOf } from './explain.ts';
import { benefitOf } from './waste.ts';
import { type Load, NO_SPAN, sketch, workload } from './workload.ts';

/** A tenth of all time is worth an hour of anybody's. */
const SHARE_FLOOR = 0.1;
/** Busy sessions on average. An idle server's top statement is still nothing. */
const LOAD_FLOOR = 0.001;
const MOST = 5;

export const topTimeStatements = defineAdvisor({
  card: {
    id: 'top-time-statements',
    area: 'query',
    title: 'Statements that take most of the database time',
    clear: 'No single statement takes a tenth of the database time.',
    why: 'Time saved in the statement that takes most is time saved for everything that shares its server. Averages hide it: a fast statement called often can lead.',
    source: 'PostgreSQL manual, F.32 pg_stat_statements',
    thresholds: [
      {
        name: 'share of database time',
        value: '≥ 10 %',
        reason: 'below it even removing the statement is hardly felt',
      },
      {
        name: 'load',
        value: '≥ 0.001 busy sessions on average',
        reason: 'ten minutes a week; scales with the window, and keeps idle servers quiet',
      },
      { name: 'statements named', value: '≤ 5', reason: 'more than that is a list, not advice' },
    ],
  },
  needs: { statement: ['calls', 'totalTimeMs'] },
  advise({ statement }, context) {
    const work = workload(statement, context);
    if (work === null) return { findings: [], examined: 0, blind: NO_SPAN };
    const top = work.loads
      .filter((load) => load.timeShare >= SHARE_FLOOR && load.totalTimeMs / (work.hours * 3_600_000) >= LOAD_FLOOR)
      .slice(0, MOST);
    return { findings: top.map((load) => finding(load, context)), examined: work.loads.length, caveats: work.caveats };
  },
});

function finding(load: Load, context: Context): Finding {
  return {
    subject: subjectOf(load),
    title: `Examine the plan of ${sketch(load)}, which leads in database time`,
    evidence: statementEvidence(load),
    approach: `It takes ${percent(load.timeShare)} of the database time that was seen. Look at its plan with real values first: whether it reads more than it returns, whether the estimates are right, and whether it must run this often.`,
    benefit: benefitOf(load),
    work: 'investigate',
    risk: {
      level: 'low',
      technical: 'Looking changes nothing. EXPLAIN ANALYZE executes the statement and takes its locks.',
      business: 'None while looking; what is changed afterwards carries its own risk.',
      performance: 'One execution per EXPLAIN ANALYZE; none on the primary when staging or a replica is used.',
      mitigation: 'Use staging or a replica, and set statement_timeout in the session.',
      rollback: [],
    },
    steps: explainSteps({ load, snapshot: context.snapshot }),
    maintenanceWindow: 'none needed',
    acceptance: acceptanceOf(load, 'lower than it is now'),
    done: { kind: 'measure-moved' },
    gain: { kind: 'statement-time', statements: [load.statement] },
  };
}
