/** Statement texts from pg_stat_statements_query_id (0.18 and later), normalised before anyone else sees them. */
import { loadNormaliser } from '../text.ts';
import type { Answer } from './response.ts';
import type { Servers } from './servers.ts';

export interface StatementText {
  readonly text: string;
  readonly cut: boolean;
}

/** `--collector.stat_statements.query_length` is 120 unless set; a text of the longest length seen was cut there. */
const SHORTEST_CUT = 120;

/** By target, then queryid. A text that could not be parsed, such as a cut one, is left out: it may hold literals. */
export async function normalisedTexts(
  answers: readonly { readonly answer: Answer; readonly label: string }[],
  servers: Servers,
): Promise<ReadonlyMap<string, ReadonlyMap<string, StatementText>>> {
  const texts = new Map<string, Map<string, StatementText>>();
  const all = answers.flatMap(({ answer, label }) =>
    answer.samples.map(({ labels }) => ({ labels, query: labels[label] ?? '' })),
  );
  if (all.length === 0) return texts;
  const normalise = await loadNormaliser();
  const longest = all.reduce((most, { query }) => Math.max(most, [...query].length), 0);
  for (const { labels, query } of all) {
    const { queryid = '' } = labels;
    const target = servers.of(labels);
    // pgwatch's variant without texts says "-".
    if (target === null || queryid === '' || query === '' || query === '-') continue;
    const length = [...query].length;
    const { text, cut } = normalise(query, { cut: length >= SHORTEST_CUT && length === longest });
    if (text === null) continue;
    const ofTarget = texts.get(target) ?? new Map<string, StatementText>();
    // Two texts with one id differ in literals or comments only; normalised, either will do.
    if (!ofTarget.has(queryid)) ofTarget.set(queryid, { text, cut });
    texts.set(target, ofTarget);
  }
  return texts;
}
