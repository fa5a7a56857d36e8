/** One server, read from its catalog and its cumulative statistics. */
import type { CounterReading, Load, SourceQuery, Window } from '../../model/snapshot.ts';
import { loadNormaliser } from '../text.ts';
import { type Assembled, assemble } from './assemble.ts';
import { readBloat } from './bloat.ts';
import { type Past, usable } from './counters.ts';
import { look } from './look.ts';
import { readPlans } from './plans.ts';
import { recorder } from './provenance.ts';
import type { PostgresSource } from './source.ts';

export interface PostgresReading extends Assembled {
  /** host:port */
  readonly name: string;
  readonly sources: readonly SourceQuery[];
  readonly load: { readonly postgres: Load };
}

export interface ReadPostgresInput {
  readonly source: PostgresSource;
  /** The catalog knows only now: its spans end when it was read, whatever the window. */
  readonly window: Window;
  readonly previous: CounterReading | null;
  readonly takenAt: string;
  readonly progress: (step: string) => void;
  /** The most it may take of the server, in milliseconds of answers waited for. */
  readonly budgetMs?: number;
}

/** Throws PostgresError when the server cannot be read at all; everything less is a gap. */
export async function readPostgres(input: ReadPostgresInput): Promise<PostgresReading> {
  const { source, takenAt, progress } = input;
  const normalise = await loadNormaliser();
  const record = recorder(source.now, input.budgetMs);
  progress(`PostgreSQL ${source.name}: server`);
  const seen = await look({ source, watch: record.watch, normalise, progress });
  const past: Past = {
    previous: usable(input.previous, takenAt),
    takenAt,
    takenAtSeconds: Date.parse(takenAt) / 1000,
    sharedSince: seen.facts.sharedSince,
    startedAt: seen.facts.startedAt,
  };
  const assembled = assemble(seen, past, normalise);
  progress(`PostgreSQL ${source.name}: plans`);
  const shared = { source, watch: record.watch, role: seen.facts.role, databases: seen.visited };
  const { tables, indexes } = assembled;
  const plans = await readPlans({
    ...shared,
    ...{ version: seen.facts.version, statements: assembled.statements, tables },
  });
  progress(`PostgreSQL ${source.name}: bloat`);
  const { bloatBytes: limitBytes } = source;
  const bloat = await readBloat({ ...shared, tables, indexes, ...(limitBytes === undefined ? {} : { limitBytes }) });
  return {
    name: source.name,
    ...assembled,
    ...{ statements: plans.statements, tables: bloat.tables, indexes: bloat.indexes },
    gaps: [...assembled.gaps, ...plans.gaps, ...bloat.gaps],
    sources: [...record.queries(), ...plans.sources, ...bloat.sources],
    load: { postgres: record.load() },
  };
}
