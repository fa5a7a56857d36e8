import { defineAdvisor } from '../advisor.ts';
import { ordersByRandom, outermostSelect } from '../sql/form.ts';
import { patternAdvice, worthThresholds } from './pattern.ts';
import { gainFromWaste, readsTooMuch, tooMuchThreshold } from './waste.ts';

export const randomOrder = defineAdvisor({
  card: {
    id: 'random-order',
    area: 'query',
    title: 'Rows picked by sorting the whole table at random',
    clear: 'No costly statement sorts by a random number.',
    why: 'ORDER BY random() reads all rows, gives each a number and sorts them to return a few. No index can serve an order that is new each time.',
    source: 'PostgreSQL manual, SELECT: TABLESAMPLE',
    thresholds: [...worthThresholds, tooMuchThreshold],
  },
  needs: { statement: ['calls', 'totalTimeMs'] },
  advise({ statement }, context) {
    return patternAdvice(statement, context, {
      what: 'Whether a query sorts at random',
      spot(load) {
        const select = outermostSelect(load.parsed.tree);
        if (select === null || !ordersByRandom(select) || !readsTooMuch(load)) return null;
        return {
          title: 'Pick rows without sorting all of them in',
          approach:
            'Choose random keys first and fetch those: a random number between the smallest and largest id, then id >= that number ORDER BY id LIMIT 1, repeated; or TABLESAMPLE SYSTEM_ROWS where rows near each other may come together; or keep a small table of picks that a job refreshes.',
          benefit: { ...gainFromWaste(load), confidence: 'medium' },
          steps: [
            { text: 'Decide what random must mean here: every row with the same chance, or merely a varied choice.' },
            {
              text: 'Replace ORDER BY random() by one of these ways, and check that gaps between keys do not favour some rows too much.',
            },
          ],
        };
      },
    });
  },
});
