import type { Step } from '../../model/finding.ts';
import { nodesOf, type PlanNode } from '../../model/query-plan.ts';
import type { TableRow } from '../../model/rows.ts';
import { type Context, defineAdvisor } from '../advisor.ts';
import { quoteName, quoteQualified } from '../sql/quote.ts';
import { analyzeStep } from '../upkeep.ts';
import { about } from '../words.ts';
import { worthThresholds } from './pattern.ts';
import { equalColumns, isConjunction, planAdvice, tableOf } from './planned.ts';

const FACTOR = 100;
const ROWS = 10_000;

export const wrongRowEstimates = defineAdvisor({
  card: {
    id: 'wrong-row-estimates',
    area: 'query',
    title: 'Statements whose rows the planner misjudges a hundredfold',
    clear: 'Of no costly statement does the planner expect a hundred times more or fewer rows than it returns.',
    why: 'Joins, memory and parallel work are chosen by the number of rows expected. A hundredfold error chooses them for another statement; two columns that depend on each other are the usual reason.',
    source: 'PostgreSQL manual, 14.2.2 Extended Statistics; 76.2 Multivariate Statistics Examples',
    thresholds: [
      ...worthThresholds,
      {
        name: 'rows expected against rows returned',
        value: '≥ 100 times apart',
        reason: 'a plan for unknown values is an average; below it the values alone may explain it',
      },
      { name: 'the larger of the two', value: '≥ 10,000 rows', reason: 'among few rows every plan is quick' },
    ],
  },
  needs: { statement: ['calls', 'totalTimeMs', 'rows'] },
  advise({ statement }, context) {
    return planAdvice(statement, context, (load, plan) => {
      const { parsed, rows, calls } = load;
      if (parsed.kind !== 'select' || parsed.aggregatesOnly || plan.of !== 'statement' || rows === undefined)
        return null;
      // A limit ends the plan early, so its rows are no estimate of a condition.
      if (nodesOf(plan.root).some(({ type }) => type === 'Limit')) return null;
      const actual = rows / calls;
      const expected = plan.root.rows;
      const [less, more] = [Math.min(actual, expected), Math.max(actual, expected)];
      if (more < ROWS || more < FACTOR * Math.max(1, less)) return null;
      const dependent = dependentColumns(plan.root, load.database, context);
      return {
        title: dependent === null ? 'Mend the row estimates of' : 'Tell the planner which columns depend, for',
        evidence: [
          { label: 'Rows expected', value: expected, unit: 'rows/call', source: 'EXPLAIN, generic plan' },
          { label: 'Rows returned', value: actual, unit: 'rows/call', source: 'pg_stat_statements.rows ÷ calls' },
        ],
        approach: `The planner expects ${about(expected)} rows, and a call returns ${about(actual)} on average. ${
          dependent === null
            ? 'Run ANALYZE on its tables first; then look for the node of the plan where the numbers part, and raise the statistics target of the column it filters.'
            : `Statistics on ${dependent.columns.join(' and ')} together let it know that they are not independent.`
        }`,
        benefit: {
          reduces: null,
          confidence: 'low',
          basis: `Measured: the estimate is off by a factor of ${about(more / Math.max(1, less))}. What a plan on right numbers saves is not known before it was seen.`,
        },
        work: dependent === null ? 'investigate' : 'change-storage',
        done: { kind: 'measure-moved' },
        steps: [
          ...(dependent === null ? [] : statisticsSteps(dependent)),
          {
            text: 'Compare EXPLAIN (ANALYZE) before and after on staging, for a common and a rare value: estimated against actual rows, node by node.',
          },
        ],
        risk: {
          technical:
            'Statistics change no data. Other statements on the table may get other plans, mostly better ones.',
          business: 'Users notice nothing of it but the time of the statement.',
          performance: 'ANALYZE gathers a little more; planning takes a little longer.',
          mitigation:
            'Keep the plans of the table’s costliest statements to compare; dropping the statistics undoes it.',
          rollback: dependent === null ? [] : [`DROP STATISTICS ${dependent.name};`],
        },
      };
    });
  },
});

interface Dependent {
  readonly table: TableRow;
  readonly columns: readonly string[];
  readonly name: string;
}

/** The first scan that compares two columns or more for equality, on which there are no statistics together yet. */
function dependentColumns(root: PlanNode, database: string, context: Context): Dependent | null {
  for (const node of nodesOf(root)) {
    const table = tableOf(node, database, context);
    if (table === null || table.extension !== undefined) continue;
    const conditions = [node.indexCond, node.recheckCond, node.filter].filter(isConjunction);
    const columns = [...new Set(conditions.flatMap((condition) => equalColumns(condition, table)))].sort().slice(0, 4);
    const known = (table.extendedStatistics ?? []).some((one) => columns.every((name) => one.columns.includes(name)));
    if (columns.length < 2 || known) continue;
    const stem = [table.table, ...columns].join('_').slice(0, 40);
    return { table, columns, name: quoteQualified(table.schema, `${stem}_stat`) };
  }
  return null;
}

function statisticsSteps({ table, columns, name }: Dependent): readonly Step[] {
  const where = `${table.schema}.${table.table}`;
  return [
    {
      sql: `CREATE STATISTICS ${name} (dependencies, mcv) ON ${columns.map(quoteName).join(', ')} FROM ${quoteQualified(table.schema, table.table)};`,
      text: 'Have the columns sampled together from now on; the rollback drops it again.',
      lock: `SHARE UPDATE EXCLUSIVE on ${where}`,
      blocks: 'VACUUM, ANALYZE and DDL on the table for a moment; neither reads nor writes',
      inTransaction: true,
    },
    analyzeStep(table, 'Fill the new statistics; until then they are empty.'),
  ];
}
