import { nodesOf, type PlanNode } from '../../model/query-plan.ts';
import { type Context, defineAdvisor } from '../advisor.ts';
import { about } from '../words.ts';
import { explainSteps } from './explain.ts';
import { worthThresholds } from './pattern.ts';
import { planAdvice, tableOf } from './planned.ts';
import { gainFromWaste, readsTooMuch, tooMuchThreshold } from './waste.ts';

const OUTER_ROWS = 100;
const INNER_ROWS = 10_000;

export const nestedLoopsOverTables = defineAdvisor({
  card: {
    id: 'nested-loops-over-tables',
    area: 'query',
    title: 'Joins that read a whole table for each row of another',
    clear: 'No costly statement’s plan reads a large table from end to end within a nested loop.',
    why: 'A nested loop is right for few rows or with an index inside. Without one, a hundred rows outside read the inner table a hundred times, and the time grows with both.',
    source: 'PostgreSQL manual, 14.1 Using EXPLAIN; 51.5 Planner/Optimizer',
    thresholds: [
      ...worthThresholds,
      tooMuchThreshold,
      { name: 'rows expected outside', value: '≥ 100', reason: 'fewer repetitions are quick' },
      { name: 'rows of the inner table', value: '≥ 10,000', reason: 'a smaller one stays in the processor’s cache' },
    ],
  },
  needs: { statement: ['calls', 'totalTimeMs'] },
  advise({ statement }, context) {
    return planAdvice(statement, context, (load, plan) => {
      if (!readsTooMuch(load)) return null;
      const loop = nodesOf(plan.root)
        .flatMap((node) => loopOf(node, load.database, context) ?? [])
        .sort((a, b) => b.outer * b.inner - a.outer * a.inner)[0];
      if (loop === undefined) return null;
      const { name, outer, inner, condition } = loop;
      return {
        title: `Give the inner side of the join on ${name} an index, or another join, in`,
        evidence: [
          { label: 'Rows expected outside', value: outer, unit: 'rows', source: 'EXPLAIN, generic plan' },
          { label: `Rows of ${name}`, value: inner, unit: 'rows', source: 'pg_stat_user_tables.n_live_tup' },
          ...(condition === undefined
            ? []
            : [{ label: 'Compared by', value: condition, source: 'EXPLAIN, generic plan' } as const]),
        ],
        approach: `Its plan reads ${name} (${about(inner)} rows) from end to end for each of about ${about(outer)} rows. ${
          condition === undefined
            ? 'No condition joins the two: look whether one was forgotten.'
            : 'If the condition compares columns for equality, an index on the inner column, or right row estimates outside (then the planner hashes), ends it; a condition on an expression or a cast keeps both away.'
        }`,
        benefit: { ...gainFromWaste(load), confidence: 'low' },
        work: 'investigate',
        steps: explainSteps({ load, snapshot: context.snapshot }),
        done: { kind: 'measure-moved' },
        risk: {
          technical: 'Looking changes nothing; an index or a rewrite that follows carries its own risk.',
          performance: 'EXPLAIN ANALYZE executes the statement once: use staging or a replica.',
        },
      };
    });
  },
});

function loopOf(node: PlanNode, database: string, context: Context) {
  if (node.type !== 'Nested Loop') return null;
  const outer = node.children.find(({ relationship }) => relationship === 'Outer');
  const inner = node.children.find(({ relationship }) => relationship === 'Inner');
  const scan = inner?.type === 'Materialize' ? inner.children[0] : inner;
  if (outer === undefined || scan?.type !== 'Seq Scan' || outer.rows < OUTER_ROWS) return null;
  const table = tableOf(scan, database, context);
  if (table?.liveRows === undefined || table.liveRows < INNER_ROWS) return null;
  const condition = node.joinFilter ?? scan.filter;
  return { name: `${table.schema}.${table.table}`, outer: outer.rows, inner: table.liveRows, condition };
}
