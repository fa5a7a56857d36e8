import type { Snapshot } from '../model/snapshot.ts';
import type { IndexCandidate } from '../model/what-if.ts';
import type { PostgresSource } from './postgres/source.ts';
import { readWhatIf } from './postgres/what-if.ts';

/** The snapshot with prices of indexes that do not exist, so that a replay has them too. Never throws; what fails is a gap. */
export async function priceIndexes(input: {
  readonly source: PostgresSource;
  readonly snapshot: Snapshot;
  readonly candidates: readonly IndexCandidate[];
}): Promise<Snapshot> {
  const { snapshot, candidates } = input;
  if (candidates.length === 0 || !snapshot.statements.some(({ plan }) => plan !== undefined)) return snapshot;
  const { whatIf, gaps, sources, load } = await readWhatIf(input);
  const before = snapshot.load?.postgres;
  const all =
    before === undefined
      ? load
      : { queries: before.queries + load.queries, ms: before.ms + load.ms, budgetMs: before.budgetMs + load.budgetMs };
  return {
    ...snapshot,
    ...(whatIf.length === 0 ? {} : { whatIf }),
    gaps: [...snapshot.gaps, ...gaps],
    sources: [...snapshot.sources, ...sources],
    load: { ...snapshot.load, postgres: all },
  };
}
