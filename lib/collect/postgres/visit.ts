/** What is asked inside of one database. */
import type { Progress, Sequence } from '../../model/server-facts.ts';
import type { Gap } from '../../model/snapshot.ts';
import { type Asked, type Attempt, columnStatisticsGap, heldGap, hiddenSequencesGap } from './gaps.ts';
import { type IndexFacts, readIndexes } from './indexes.ts';
import { unreadSequencesNotes } from './limits.ts';
import { readProgress } from './progress.ts';
import { readSequences } from './sequences.ts';
import type { ServerFacts } from './server.ts';
import { ownMark, type Session } from './source.ts';
import { readTables, type TableFacts } from './tables.ts';

export interface DatabaseSeen {
  readonly extensions: readonly string[];
  readonly tables: readonly TableFacts[] | null;
  readonly indexes: readonly IndexFacts[] | null;
  readonly sequences: readonly Sequence[] | null;
  readonly progress: readonly Progress[] | null;
  readonly gaps: readonly Gap[];
  /** Whole sentences for the reader. */
  readonly notes: readonly string[];
}

const extensionsSql = `SELECT ${ownMark} extname FROM pg_extension ORDER BY extname COLLATE "C"`;

export async function visit(
  session: Session,
  database: string,
  { version, role }: ServerFacts,
  attempt: Attempt,
): Promise<DatabaseSeen> {
  const asked = (kind: Asked['kind'], what: string): Asked => ({ kind, what, database });
  const extensions = await attempt(asked('server', 'pg_extension'), () =>
    session.ask<{ extname: string }>(extensionsSql),
  );
  const progress = await attempt(asked('server', 'maintenance under way'), () =>
    readProgress(session, database, version),
  );
  const read = await attempt(asked('table', 'tables'), () => readTables(session, database, version, attempt));
  const indexes = await attempt(asked('index', 'indexes'), () =>
    readIndexes(session, database, version, read?.columns ?? null),
  );
  const tables = read?.tables ?? null;
  const sequences = await attempt(asked('database', 'sequences'), () => readSequences(session));
  const held = indexes?.filter(({ held: isHeld }) => isHeld).length ?? 0;
  const hidden = tables?.filter(({ row }) => row.columnStatistics === 'no-right').length ?? 0;
  const hiddenSequences = sequences?.hidden ?? 0;
  return {
    extensions: (extensions ?? []).map(({ extname }) => extname),
    ...{ tables, indexes, progress },
    sequences: sequences?.sequences ?? null,
    gaps: [
      ...(held > 0 ? [heldGap(database, held)] : []),
      ...(hidden > 0 ? [columnStatisticsGap(role, database, hidden, version)] : []),
      ...(hiddenSequences > 0 ? [hiddenSequencesGap(role, database, hiddenSequences, version)] : []),
    ],
    notes: unreadSequencesNotes(database, sequences?.unread ?? 0),
  };
}
