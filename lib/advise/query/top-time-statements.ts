import type { Finding } from '../../model/finding.ts';
import { type Context, defineAdvisor } from '../advisor.ts';
import { percent, plural } from '../words.ts';
import { acceptanceOf, explainSteps, statementEvidence, subjectOf } from './explain.ts';
import { benefitOf, readsDirectly } from './waste.ts';
import { type Load, NO_SPAN, sketch, workload } from './workload.ts';

/** A tenth of all time is worth an hour of anybody's. */
const SHARE_FLOOR = 0.1;
/** Busy sessions on average. An idle server's top statement is still nothing. */
const LOAD_FLOOR = 0.001;
const MOST = 5;
/** A lookup that waits: its times scatter far around a mean that its work does not explain. */
const WAITS_SPREAD = 5;
/** Slower than any disk reads one: what takes longer does something else than reading. */
const BLOCK_MS = 10;
/** Busy sessions on average: three hours of waiting a week. */
const WAITS_FLOOR = 0.02;

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
      {
        name: 'a statement that reads no more than its rows need',
        value: 'only with ≥ 0.02 busy sessions, and a deviation ≥ 5 × the mean or ≥ 10 ms a block',
        reason: 'its plan is as good as it gets; what is left is waiting, and only if it is much',
      },
      { name: 'statements named', value: '≤ 5', reason: 'more than that is a list, not advice' },
    ],
  },
  needs: { statement: ['calls', 'totalTimeMs'] },
  advise({ statement }, context) {
    const work = workload(statement, context);
    if (work === null) return { findings: [], examined: 0, blind: NO_SPAN };
    const busy = (load: Load) => load.totalTimeMs / (work.hours * 3_600_000);
    const top = work.loads.filter((load) => load.timeShare >= SHARE_FLOOR && busy(load) >= LOAD_FLOOR);
    const worth = top.filter((load) => readsDirectly(load) !== true || (waits(load) && busy(load) >= WAITS_FLOOR));
    const direct = top.length - worth.length;
    return {
      findings: worth
        .slice(0, MOST)
        .map((load) => (readsDirectly(load) === true ? waiting(load) : finding(load, context))),
      examined: work.loads.length,
      caveats: [
        ...work.caveats,
        ...(direct === 0
          ? []
          : [
              `${plural(direct, 'leading statement reads', 'leading statements read')} no more than the rows need: no plan makes that faster, only fewer calls would.`,
            ]),
      ],
    };
  },
});

function waits({ stddevTimeMs, meanMs, blocks, calls }: Load): boolean {
  const scattered = stddevTimeMs !== undefined && stddevTimeMs >= WAITS_SPREAD * meanMs;
  return scattered || (blocks !== undefined && meanMs >= BLOCK_MS * (1 + blocks / calls));
}

/** Its blocks explain a fraction of its time: the rest is locks on the same rows, the disk, or the commit before it. */
function waiting(load: Load): Finding {
  return {
    ...common(load),
    title: `Find out what ${sketch(load)} waits for`,
    approach: `It takes ${percent(load.timeShare)} of the database time that was seen, but touches only a few blocks a call, which do not explain its time: it waits. Sessions that change the same rows one after the other are the usual reason; then shorter transactions, or the hot row last in them, help, and no index does.`,
    benefit: {
      kind: 'risk',
      basis: 'What can be saved is not measured here: the counters do not tell waiting from working.',
      confidence: 'low',
    },
    steps: [
      {
        sql: "SELECT pid, pg_blocking_pids(pid) AS blocked_by, wait_event_type, wait_event, now() - query_start AS since, left(query, 80) AS query FROM pg_stat_activity WHERE state = 'active' AND wait_event IS NOT NULL ORDER BY since DESC;",
        text: 'See who waits, and for whom or what; repeat it a few times at the busiest hour.',
        inTransaction: true,
      },
      { text: 'With log_lock_waits on, the log names every wait longer than deadlock_timeout with both statements.' },
    ],
  };
}

function finding(load: Load, context: Context): Finding {
  return {
    ...common(load),
    title: `Examine the plan of ${sketch(load)}, which leads in database time`,
    approach: `It takes ${percent(load.timeShare)} of the database time that was seen. Look at its plan with real values first: whether it reads more than it returns, whether the estimates are right, and whether it must run this often.`,
    benefit: benefitOf(load),
    steps: explainSteps({ load, snapshot: context.snapshot }),
  };
}

function common(load: Load): Omit<Finding, 'title' | 'approach' | 'benefit' | 'steps'> {
  return {
    subject: subjectOf(load),
    evidence: statementEvidence(load),
    work: 'investigate',
    risk: {
      level: 'low',
      technical: 'Looking changes nothing. EXPLAIN ANALYZE executes the statement and takes its locks.',
      business: 'None while looking; what is changed afterwards carries its own risk.',
      performance: 'One execution per EXPLAIN ANALYZE; none on the primary when staging or a replica is used.',
      mitigation: 'Use staging or a replica, and set statement_timeout in the session.',
      rollback: [],
    },
    maintenanceWindow: 'none needed',
    acceptance: acceptanceOf(load, 'lower than it is now'),
    done: { kind: 'measure-moved' },
    gain: { kind: 'statement-time', statements: [load.statement] },
  };
}
