/** Walks through a server, one database after the other. What fails is a gap; what succeeds is kept. */
import type { RowKind } from '../../model/measures.ts';
import type { Setting } from '../../model/rows.ts';
import type { Gap } from '../../model/snapshot.ts';
import { type Activity, readActivity } from './activity.ts';
import { type DatabaseFacts, readDatabases } from './databases.ts';
import { PostgresError } from './errors.ts';
import {
  blindDatabaseGaps,
  closedDatabaseGaps,
  columnStatisticsGap,
  failedGap,
  heldGap,
  noStatementsGap,
  oldExtensionGap,
} from './gaps.ts';
import { type IndexFacts, readIndexes } from './indexes.ts';
import { readServer, readServerCounters, type ServerCounters, type ServerFacts } from './server.ts';
import { readSettings } from './settings.ts';
import { ownMark, type PostgresSource, type Session } from './source.ts';
import { findExtension, readStatements, type StatementFacts } from './statements.ts';
import { readTables, type TableFacts } from './tables.ts';

/** Everything that was seen, before counters become differences. */
export interface Seen {
  readonly facts: ServerFacts;
  readonly settings: Readonly<Record<string, Setting>> | null;
  readonly activity: Activity | null;
  readonly serverCounters: ServerCounters | null;
  readonly databases: readonly DatabaseFacts[];
  readonly visited: ReadonlySet<string>;
  readonly tables: readonly TableFacts[];
  readonly indexes: readonly IndexFacts[];
  readonly statements: StatementFacts | null;
  readonly extensions: readonly string[];
  readonly gaps: readonly Gap[];
}

const oldest = 130_000;

type Watch = (session: Session) => Session;

export async function look(source: PostgresSource, watch: Watch, progress: (step: string) => void): Promise<Seen> {
  const gaps: Gap[] = [];
  let role = source.user;
  const attempt = async <Answer>(kind: RowKind, work: Promise<Answer>, database?: string): Promise<Answer | null> => {
    try {
      return await work;
    } catch (error) {
      gaps.push(failedGap(kind, error, role, database));
      return null;
    }
  };
  const tables: (readonly TableFacts[])[] = [];
  const indexes: (readonly IndexFacts[])[] = [];
  const visited = new Set<string>();
  const extensions = new Set<string>();
  let statements: StatementFacts | null = null;
  let explained = false;

  const visit = async (session: Session, database: string, version: number) => {
    const names = await attempt('server', session.ask<{ extname: string }>(extensionsSql), database);
    for (const { extname } of names ?? []) extensions.add(extname);
    const ownTables = await attempt('table', readTables(session, database), database);
    const ownIndexes = await attempt('index', readIndexes(session, database, version), database);
    if (ownTables !== null && ownIndexes !== null) visited.add(database);
    // As lists: hundreds of thousands of tables are more than a call takes as arguments.
    tables.push(ownTables ?? []);
    indexes.push(ownIndexes ?? []);
    const held = ownIndexes?.filter(({ row }) => row.definition === undefined).length ?? 0;
    if (held > 0) gaps.push(heldGap(database, held));
    const hidden = ownTables?.filter((table) => !table.readable).length ?? 0;
    if (hidden > 0) gaps.push(columnStatisticsGap(role, database, hidden, version));
    if (statements !== null || explained) return;
    const extension = await attempt('statement', findExtension(session), database);
    if (extension === null) return;
    if (extension.columns.includes('total_exec_time')) {
      try {
        statements = await readStatements(session, extension);
      } catch (error) {
        explained = true;
        // 55000: the extension is there, the library is not.
        const notLoaded = error instanceof Error && 'code' in error && error.code === '55000';
        gaps.push(notLoaded ? noStatementsGap(false) : failedGap('statement', error, role));
      }
    } else {
      explained = true;
      gaps.push(oldExtensionGap(extension.version));
    }
  };

  const first = await source.session(null, async (plain) => {
    const session = watch(plain);
    const facts = await readServer(session).catch((error: unknown) => refuse(source, error));
    role = facts.role;
    if (facts.version < oldest) {
      throw new PostgresError(
        `PostgreSQL at ${source.name} is version ${Math.floor(facts.version / 10_000)}.${facts.version % 10_000}; pg-hunt reads 13 and later. ` +
          'Upgrade the server, or hunt it through Prometheus alone.',
      );
    }
    const settings = await attempt('server', readSettings(session));
    const activity = await attempt('server', readActivity(session));
    const serverCounters = await attempt('server', readServerCounters(session, facts.version));
    const databases = (await attempt('database', readDatabases(session, facts.version))) ?? [];
    progress(`PostgreSQL ${source.name}: database ${source.database}`);
    await visit(session, source.database, facts.version);
    return { facts, settings, activity, serverCounters, databases };
  });

  for (const { row, mayConnect } of first.databases) {
    const { database } = row;
    if (database === source.database) continue;
    if (!mayConnect) {
      gaps.push(...closedDatabaseGaps(database, role));
      continue;
    }
    progress(`PostgreSQL ${source.name}: database ${database}`);
    try {
      await source.session(database, (session) => visit(watch(session), database, first.facts.version));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      gaps.push(...blindDatabaseGaps(database, why, `Let role ${role} connect to it.`));
    }
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
    statements,
    extensions: [...extensions].sort(),
    gaps,
  };
}

const extensionsSql = `SELECT ${ownMark} extname FROM pg_extension ORDER BY extname COLLATE "C"`;

function refuse(source: PostgresSource, error: unknown): never {
  const said = error instanceof Error ? error.message : String(error);
  throw new PostgresError(
    `PostgreSQL at ${source.name} let us in but did not answer (${said}). Check that it is PostgreSQL and not overloaded.`,
    { cause: error },
  );
}
