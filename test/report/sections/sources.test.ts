import { expect, it } from 'vitest';
import { provenance } from '../../../lib/report/sections/sources.ts';
import { aTargetReport, END, START } from '../../support/report.ts';

const target = aTargetReport();
const facts = (more: Partial<typeof target.quality>) =>
  new Map(
    provenance(
      { ...target, quality: { ...target.quality, ...more } },
      { window: { start: START, end: END }, generatedAt: END },
    ).map(({ label, words }) => [label, JSON.stringify(words).replaceAll('\u00A0', ' ')]),
  );

it('says what the hunt itself asked of a server, how long it waited and when it would have stopped', () => {
  const load = [{ source: 'postgres' as const, queries: 43, ms: 4_200, budgetMs: 120_000 }];
  expect(facts({ load }).get('Load on postgres')).toMatch(
    /^"this hunt sent 43 queries and waited 4\.2 s for answers; it would have stopped at 2 min"$/,
  );
  expect([...facts({}).keys()].filter((label) => label.startsWith('Load'))).toEqual([]);
});

it('names kinds of rows in words', () => {
  const seen = {
    ...{ source: 'postgres' as const, coveredShare: null, intervalSeconds: null, newestSampleAgeSeconds: null },
    ...{ holes: null, resets: 0, restarts: null, clockSkewSeconds: null },
    ...{ truncated: ['statement'], withoutRight: ['server', 'table'] },
  };
  expect(facts({ bySource: [seen] }).get('Quality of postgres')).toContain(
    'cut off: statements; right missing for: server views and tables',
  );
});
