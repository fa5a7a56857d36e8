import { defineAdvisor } from '../advisor.ts';
import { notInSubqueries as subqueriesOf } from '../sql/form.ts';
import { patternAdvice, worthThresholds } from './pattern.ts';
import { gainFromWaste, readsTooMuch, tooMuchThreshold } from './waste.ts';

export const notInSubqueries = defineAdvisor({
  card: {
    id: 'not-in-subqueries',
    area: 'query',
    title: 'NOT IN with a subquery, which cannot become a join',
    clear: 'No costly statement has NOT IN with a subquery.',
    why: 'NOT IN must answer “unknown” when the subquery returns a NULL, so PostgreSQL cannot run it as an anti join: it hashes the whole subquery, or, when that does not fit work_mem, searches it once for each row. One NULL in the subquery makes the result empty.',
    source: 'PostgreSQL manual, 9.24 Subquery expressions',
    thresholds: [...worthThresholds, tooMuchThreshold],
  },
  needs: { statement: ['calls', 'totalTimeMs'] },
  advise({ statement }, context) {
    return patternAdvice(statement, context, {
      what: 'Whether a query has NOT IN with a subquery',
      spot(load) {
        if (subqueriesOf(load.parsed.tree).length === 0 || !readsTooMuch(load)) return null;
        return {
          title: 'Write NOT EXISTS instead of NOT IN in',
          approach:
            'Rewrite x NOT IN (SELECT y FROM u WHERE …) as NOT EXISTS (SELECT FROM u WHERE u.y = x AND …), which runs as an anti join. The two differ where y or x is NULL: NOT IN then returns nothing, which is seldom meant.',
          benefit: { ...gainFromWaste(load), confidence: 'low' },
          steps: [
            {
              text: 'Check whether the column in the subquery can be NULL. If it can, the statement may return too little today: find out what is meant before rewriting.',
            },
            {
              text: 'Rewrite it with NOT EXISTS and compare the plans: a hashed or plain SubPlan becomes an anti join.',
            },
          ],
        };
      },
    });
  },
});
