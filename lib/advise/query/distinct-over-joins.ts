import { defineAdvisor } from '../advisor.ts';
import { isDistinct, outermostSelect, selectedAliases } from '../sql/form.ts';
import { patternAdvice, worthThresholds } from './pattern.ts';
import { gainFromWaste, readsTooMuch, tooMuchThreshold } from './waste.ts';

export const distinctOverJoins = defineAdvisor({
  card: {
    id: 'distinct-over-joins',
    area: 'query',
    title: 'DISTINCT that removes what a join has multiplied',
    clear: 'No costly statement joins tables only to remove the multiplied rows again.',
    why: 'A join that is there only to test for existence repeats each row once for every match, and DISTINCT sorts or hashes all of them to undo it. EXISTS stops at the first match and repeats nothing.',
    source: 'PostgreSQL manual, 9.24.1 EXISTS',
    thresholds: [
      ...worthThresholds,
      tooMuchThreshold,
      { name: 'columns selected', value: 'all of one table', reason: 'then the other tables only filter' },
    ],
  },
  needs: { statement: ['calls', 'totalTimeMs'] },
  advise({ statement }, context) {
    return patternAdvice(statement, context, {
      what: 'Whether a query removes duplicates',
      spot(load) {
        const select = outermostSelect(load.parsed.tree);
        if (select === null || !isDistinct(select) || load.parsed.tables.length < 2) return null;
        const aliases = selectedAliases(select);
        const [owner] = aliases ?? [];
        if (aliases === null || owner === undefined || new Set(aliases).size > 1 || !readsTooMuch(load)) return null;
        return {
          title: 'Test for existence instead of joining in',
          approach: `All columns selected are of ${owner}; the other tables only filter. Move each of them into WHERE EXISTS (SELECT FROM … WHERE …) and drop DISTINCT, if ${owner}’s selected columns are unique without it.`,
          benefit: { ...gainFromWaste(load), confidence: 'low' },
          steps: [
            {
              text: `Check that the selected columns hold a unique key of ${owner}; if not, DISTINCT also removes its own duplicates and has to stay.`,
            },
            {
              text: 'Rewrite the joins as EXISTS and compare the results and the plans: joins become semi joins, and the sort or hash above goes.',
            },
          ],
        };
      },
    });
  },
});
