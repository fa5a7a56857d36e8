import { defineAdvisor } from '../advisor.ts';
import { longestList } from '../sql/form.ts';
import { patternAdvice, worthThresholds } from './pattern.ts';

const VALUES_FLOOR = 100;

export const longValueLists = defineAdvisor({
  card: {
    id: 'long-value-lists',
    area: 'query',
    title: 'Lists of a hundred values and more, written out',
    clear: 'No costly statement has a list of a hundred written-out values.',
    why: 'Each value of IN (…) is parsed and planned, and before PostgreSQL 18 each length of the list is a statement of its own, which pushes others out of pg_stat_statements. One array parameter is planned once and counted once.',
    source: 'PostgreSQL manual, 9.25.2 IN; F.32 pg_stat_statements',
    thresholds: [
      ...worthThresholds,
      { name: 'values in one list', value: '≥ 100', reason: 'below it parsing and planning are not felt' },
    ],
  },
  needs: { statement: ['calls', 'totalTimeMs'] },
  advise({ statement }, context) {
    return patternAdvice(statement, context, {
      what: 'How long the lists in a statement are',
      spot(load) {
        const values = longestList(load.parsed.tree);
        if (values < VALUES_FLOOR) return null;
        return {
          title: 'Pass one array instead of a list of values to',
          evidence: [{ label: 'Values in the list', value: values, unit: 'count', source: 'statement text' }],
          approach:
            'Write column = ANY($1) with one array parameter. For thousands of values, join unnest($1) or a temporary table that was analyzed, so that the planner knows how many there are.',
          benefit: {
            reduces: { low: 0, likely: 0.1, high: 0.4 },
            confidence: 'low',
            basis: `Assumed, not measured: parsing and planning ${values} values goes; finding their rows remains. Planning time is in pg_stat_statements only with track_planning.`,
          },
          work: 'change-application',
          steps: [
            { text: 'Find where the list is built; most drivers and ORMs can bind an array.' },
            {
              text: 'Replace IN (…) by = ANY($1), and NOT IN (…) by <> ALL($1); the results are the same, with NULLs too.',
            },
          ],
          risk: {
            performance:
              'The planner sees no single values in an array parameter: with a generic plan its estimate can change.',
          },
        };
      },
    });
  },
});
