/** One server, read from its catalog and its cumulative statistics. */
import type { CounterReading, Load, SourceQuery, Window } from '../../model/snapshot.ts';
import { loadNormaliser } from '../text.ts';
import { type Assembled, assemble } from './assemble.ts';
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
  const { statements, gaps, sources } = await readPlans({
    ...{ source, watch: record.watch, version: seen.facts.version, role: seen.facts.role },
    ...{ statements: assembled.statements, tables: assembled.tables, databases: seen.visited },
  });
  return {
    name: source.name,
    ...assembled,
    statements,
    gaps: [...assembled.gaps, ...gaps],
    sources: [...record.queries(), ...sources],
    load: { postgres: record.load() },
  };
}
