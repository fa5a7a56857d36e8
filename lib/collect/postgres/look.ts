/** Walks through a server, one database after the other. What fails is a gap; what succeeds is kept. */
import type { Progress, Sequence, WaitSamples } from '../../model/server-facts.ts';
import type { Gap } from '../../model/snapshot.ts';
import type { Normalise } from '../text.ts';
import { BudgetError, PostgresError } from './errors.ts';
import {
  type Attempt,
  blindDatabaseGaps,
  closedDatabaseGaps,
  failedGap,
  noStatementsGap,
  oldExtensionGap,
} from './gaps.ts';
import type { IndexFacts } from './indexes.ts';
import { lookAtServer, type ServerSeen } from './look-server.ts';
import { readServer, type ServerFacts } from './server.ts';
import type { PostgresSource, Session } from './source.ts';
import { missingMeasures } from './statement-columns.ts';
import { findExtension, readStatements, type StatementFacts } from './statements.ts';
import type { TableFacts } from './tables.ts';
import { lackingColumnsGap } from './version-gaps.ts';
import { visit } from './visit.ts';
import { waitSampler } from './waits.ts';

/** Everything that was seen, before counters become differences. */
export interface Seen extends ServerSeen {
  readonly facts: ServerFacts;
  /** The server's clock less ours; null where ours is not known. */
  readonly skewSeconds: number | null;
  readonly visited: ReadonlySet<string>;
  readonly tables: readonly TableFacts[];
  readonly indexes: readonly IndexFacts[];
  /** By database. */
  readonly sequences: ReadonlyMap<string, readonly Sequence[]>;
  readonly progress: readonly Progress[];
  readonly waits: WaitSamples | null;
  readonly statements: StatementFacts | null;
  readonly extensions: readonly string[];
  readonly gaps: readonly Gap[];
  /** Whole sentences for the reader. */
  readonly notes: readonly string[];
}

const oldest = 130_000;

export interface LookInput {
  readonly source: PostgresSource;
  readonly watch: (session: Session) => Session;
  readonly normalise: Normalise;
  readonly progress: (step: string) => void;
}

export async function look({ source, watch, normalise, progress }: LookInput): Promise<Seen> {
  const gaps: Gap[] = [];
  const notes: string[] = [];
  let role = source.user;
  const attempt: Attempt = async (asked, work) => {
    try {
      return await work();
    } catch (error) {
      // Not one gap for each question that is left: the database as a whole is not seen.
      if (error instanceof BudgetError && asked.database !== undefined) throw error;
      gaps.push(failedGap(asked, error, role));
      return null;
    }
  };
  const tables: (readonly TableFacts[])[] = [];
  const indexes: (readonly IndexFacts[])[] = [];
  const sequences = new Map<string, readonly Sequence[]>();
  const running: Progress[] = [];
  const visited = new Set<string>();
  const extensions = new Set<string>();
  const waits = waitSampler();
  let statements: StatementFacts | null = null;
  let explained = false;

  const lookInto = async (session: Session, database: string, facts: ServerFacts) => {
    await waits.take(session);
    const seen = await visit(session, database, facts, attempt);
    for (const name of seen.extensions) extensions.add(name);
    if (seen.tables !== null && seen.indexes !== null) visited.add(database);
    // As lists: hundreds of thousands of tables are more than a call takes as arguments.
    tables.push(seen.tables ?? []);
    indexes.push(seen.indexes ?? []);
    if (seen.sequences !== null) sequences.set(database, seen.sequences);
    running.push(...(seen.progress ?? []));
    gaps.push(...seen.gaps);
    notes.push(...seen.notes);
    await waits.take(session);
    if (statements !== null || explained) return;
    const extension = await attempt({ kind: 'statement', what: 'pg_extension', database }, () =>
      findExtension(session),
    );
    if (extension === null) return;
    if (!extension.columns.includes('total_exec_time')) {
      explained = true;
      gaps.push(oldExtensionGap(extension.version));
      return;
    }
    try {
      statements = await readStatements(session, extension);
      const lacking = missingMeasures(extension);
      if (lacking.length > 0) gaps.push(lackingColumnsGap(extension.version, lacking));
    } catch (error) {
      explained = true;
      // 55000: the extension is there, the library is not.
      const notLoaded = error instanceof Error && 'code' in error && error.code === '55000';
      const asked = { kind: 'statement', what: 'pg_stat_statements' } as const;
      gaps.push(notLoaded ? noStatementsGap(false) : failedGap(asked, error, role));
    }
  };
  const tryDatabase = async (database: string, work: () => Promise<void>) => {
    progress(`PostgreSQL ${source.name}: database ${database}`);
    try {
      await work();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const remedy = error instanceof BudgetError ? 'Run again at a quieter time.' : `Let role ${role} connect to it.`;
      gaps.push(...blindDatabaseGaps(database, why, remedy));
    }
  };

  const first = await source.session(null, async (plain) => {
    const session = watch(plain);
    const asked = source.clock?.();
    const facts = await readServer(session).catch((error: unknown) => refuse(source, error));
    const answered = source.clock?.();
    const skewSeconds = asked === undefined || answered === undefined ? null : facts.now - (asked + answered) / 2000;
    role = facts.role;
    if (facts.version < oldest) {
      throw new PostgresError(
        `PostgreSQL at ${source.name} is version ${Math.floor(facts.version / 10_000)}.${facts.version % 10_000}; pg-hunt reads 13 and later. ` +
          'Upgrade the server, or hunt it through Prometheus alone.',
      );
    }
    await waits.take(session);
    const server = await lookAtServer(session, facts, normalise, attempt);
    await tryDatabase(source.database, () => lookInto(session, source.database, facts));
    return { facts, skewSeconds, ...server };
  });

  for (const { row, mayConnect } of first.databases) {
    const { database } = row;
    if (database === source.database) continue;
    if (!mayConnect) {
      gaps.push(...closedDatabaseGaps(database, role));
      continue;
    }
    await tryDatabase(database, () =>
      source.session(database, (session) => lookInto(watch(session), database, first.facts)),
    );
  }
  if (statements === null && !explained) {
    const libraries = first.settings?.shared_preload_libraries?.value;
    gaps.push(noStatementsGap(typeof libraries === 'string' ? libraries.includes('pg_stat_statements') : null));
  }
  return {
    ...first,
    visited,
    tables: tables.flat(),
    indexes: indexes.flat(),
    sequences,
    progress: [...first.backups, ...running],
    waits: first.facts.readsAll ? waits.summary() : null,
    statements,
    extensions: [...extensions].sort(),
    ...{ gaps, notes },
  };
}

function refuse(source: PostgresSource, error: unknown): never {
  const said = error instanceof Error ? error.message : String(error);
  throw new PostgresError(
    `PostgreSQL at ${source.name} let us in but did not answer (${said}). Check that it is PostgreSQL and not overloaded.`,
    { cause: error },
  );
}
