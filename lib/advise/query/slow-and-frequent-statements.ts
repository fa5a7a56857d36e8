import type { Finding } from '../../model/finding.ts';
import { type Context, defineAdvisor } from '../advisor.ts';
import { acceptanceOf, explainSteps, statementEvidence, subjectOf } from './explain.ts';
import { benefitOf } from './waste.ts';
import { type Load, NO_SPAN, sketch, workload } from './workload.ts';

const MEAN_MS_FLOOR = 50;
const CALLS_PER_HOUR_FLOOR = 60;
/** A mean of fewer says nothing, however short the window. */
const CALLS_FLOOR = 20;
const SHARE_FLOOR = 0.01;
const MOST = 10;

export const slowAndFrequentStatements = defineAdvisor({
  card: {
    id: 'slow-and-frequent-statements',
    area: 'query',
    title: 'Statements that are slow and run often',
    clear: 'No statement is both slow on average and run often.',
    why: 'Somebody waits for each of these calls. Unlike a nightly report, it is a person or a request.',
    source: 'PostgreSQL manual, F.32 pg_stat_statements; 14.1 Using EXPLAIN',
    thresholds: [
      {
        name: 'mean execution time',
        value: '≥ 50 ms',
        reason: 'a page makes several calls; a few of these and it feels slow',
      },
      { name: 'calls per hour', value: '≥ 60', reason: 'once a minute is use, not a report; scales with the window' },
      { name: 'calls', value: '≥ 20', reason: 'a mean of fewer executions says little' },
      { name: 'share of database time', value: '≥ 1 %', reason: 'below it the gain does not pay for the work' },
    ],
  },
  needs: { statement: ['calls', 'totalTimeMs'] },
  advise({ statement }, context) {
    const work = workload(statement, context);
    if (work === null) return { findings: [], examined: 0, blind: NO_SPAN };
    const slow = work.loads.filter(
      (load) =>
        load.meanMs >= MEAN_MS_FLOOR &&
        load.callsPerHour >= CALLS_PER_HOUR_FLOOR &&
        load.calls >= CALLS_FLOOR &&
        load.timeShare >= SHARE_FLOOR,
    );
    return {
      findings: slow.slice(0, MOST).map((load) => finding(load, context)),
      examined: work.loads.length,
      caveats: work.caveats,
    };
  },
});

function finding(load: Load, context: Context): Finding {
  const spread =
    load.stddevTimeMs !== undefined && load.stddevTimeMs >= 2 * load.meanMs
      ? ' Its times spread widely: some values or some moments are far slower than the mean, so test rare and common values and look for lock waits.'
      : ' The time includes waiting for locks and for a slow client; rule those out before adding an index.';
  return {
    subject: subjectOf(load),
    title: `Make ${sketch(load)} faster`,
    evidence: [
      ...statementEvidence(load),
      // A pace an hour from a few minutes would be a number nobody measured.
      ...(load.calls > load.callsPerHour
        ? [{ label: 'Calls per hour', value: load.callsPerHour, unit: 'count', source: 'pg_stat_statements' } as const]
        : []),
    ],
    approach: `Read its plan with real values, then give it an index, a narrower result or a better shape, in that order.${spread}`,
    benefit: benefitOf(load),
    work: 'rewrite-query',
    risk: {
      level: 'low',
      technical: 'A rewritten statement can return other rows than before in corner cases such as NULL or duplicates.',
      business: 'Wrong results would be seen by users; faster ones as well.',
      performance: 'A plan that is better for one value can be worse for another.',
      mitigation: 'Compare both results on production-sized data, with several values, before release.',
      rollback: [],
    },
    steps: [
      ...explainSteps({ load, snapshot: context.snapshot }),
      { text: 'Release the change behind the usual review; releasing the former statement again undoes it.' },
    ],
    maintenanceWindow: 'none needed',
    // From 51 ms, 50 would be no success.
    acceptance: acceptanceOf(
      load,
      load.meanMs >= 2 * MEAN_MS_FLOOR ? 'below 50 ms, or at least clearly lower than now,' : 'clearly lower than now',
    ),
    done: { kind: 'measure-moved' },
    gain: { kind: 'statement-time', statements: [load.statement] },
  };
}
