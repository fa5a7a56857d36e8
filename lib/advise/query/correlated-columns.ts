import { defineAdvisor } from '../advisor.ts';
import { correlatedColumns as correlatedIn, outermostSelect } from '../sql/form.ts';
import { plural } from '../words.ts';
import { patternAdvice, worthThresholds } from './pattern.ts';
import { gainFromWaste, readsTooMuch, tooMuchThreshold } from './waste.ts';

const ROWS_PER_CALL_FLOOR = 50;

export const correlatedColumns = defineAdvisor({
  card: {
    id: 'correlated-columns',
    area: 'query',
    title: 'Subqueries in the select list, run once for each row',
    clear: 'No costly statement runs a subquery of its select list for many rows.',
    why: 'A scalar subquery that refers to the row around it is executed for each row returned; PostgreSQL never turns it into a join. For ten rows that is nothing, for thousands it is most of the time.',
    source: 'PostgreSQL manual, 4.2.11 Scalar subqueries; 7.2.1.5 LATERAL subqueries',
    thresholds: [
      ...worthThresholds,
      tooMuchThreshold,
      { name: 'rows per call', value: '≥ 50', reason: 'the subquery runs as often; for a page of twenty it is right' },
    ],
  },
  needs: { statement: ['calls', 'totalTimeMs', 'rows'] },
  advise({ statement }, context) {
    return patternAdvice(statement, context, {
      what: 'Whether a query has subqueries in its select list',
      spot(load) {
        const select = outermostSelect(load.parsed.tree);
        const count = select === null ? 0 : correlatedIn(select);
        if (count === 0 || (load.rows ?? 0) / load.calls < ROWS_PER_CALL_FLOOR || !readsTooMuch(load)) return null;
        return {
          title: 'Join once instead of a subquery per row in',
          approach: `${plural(count, 'subquery', 'subqueries')} in the select list ${count === 1 ? 'runs' : 'run'} for each row returned. Group the other table once and join the result: LEFT JOIN (SELECT key, count(*) … GROUP BY key) AS g ON g.key = …, restricted to the keys in question; or LEFT JOIN LATERAL where each row needs only its few best.`,
          benefit: { ...gainFromWaste(load), confidence: 'low' },
          steps: [
            {
              text: 'See in the plan (EXPLAIN (ANALYZE, BUFFERS) on staging) how often the SubPlan runs and what a run costs; with an index on its condition it may be cheap.',
            },
            {
              text: 'Rewrite it as a join to a grouped subquery; rows without a match give NULL there, so wrap counts in coalesce(…, 0).',
            },
          ],
        };
      },
    });
  },
});
