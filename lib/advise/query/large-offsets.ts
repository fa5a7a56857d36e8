import { defineAdvisor } from '../advisor.ts';
import { outermostSelect, skipsRows } from '../sql/form.ts';
import { patternAdvice, worthThresholds } from './pattern.ts';
import { gainFromWaste, readsTooMuch, tooMuchThreshold } from './waste.ts';

export const largeOffsets = defineAdvisor({
  card: {
    id: 'large-offsets',
    area: 'query',
    title: 'Pages found by counting off the rows before them',
    clear: 'No statement with OFFSET reads far more than the page it returns.',
    why: 'OFFSET reads every row before the page and throws it away, so each page costs more than the one before. A page found by the last key costs the same everywhere.',
    source: 'PostgreSQL manual, 7.6 LIMIT and OFFSET',
    thresholds: [...worthThresholds, tooMuchThreshold],
  },
  needs: { statement: ['calls', 'totalTimeMs'] },
  advise({ statement }, context) {
    return patternAdvice(statement, context, {
      what: 'Whether a query skips rows by OFFSET',
      spot(load) {
        const select = outermostSelect(load.parsed.tree);
        if (select === null || !skipsRows(select) || !readsTooMuch(load)) return null;
        return {
          title: 'Page by key instead of OFFSET in',
          approach:
            'Remember the last key of the page shown, and ask for what follows it: WHERE (sort column, id) > ($1, $2) ORDER BY sort column, id LIMIT $3, with an index in that order. Where people jump to page 1,000, bound how far they can go.',
          benefit: { ...gainFromWaste(load), confidence: 'low' },
          work: 'change-application',
          steps: [
            {
              text: 'See which offsets are really asked for: first pages are cheap, deep ones are crawlers, exports and loops.',
            },
            {
              text: 'Give the order a unique last column, create an index with exactly these columns, and pass the last key on instead of a page number.',
            },
          ],
          risk: {
            technical: 'Jumping to a page by its number is no longer possible; new rows no longer shift the pages.',
            business: 'A screen with page numbers needs another control.',
          },
        };
      },
    });
  },
});
