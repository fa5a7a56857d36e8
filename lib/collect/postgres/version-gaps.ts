/** What this version of PostgreSQL, or of pg_stat_statements, does not count. */
import type { RowKind } from '../../model/measures.ts';
import type { Gap } from '../../model/snapshot.ts';
import { gap } from './gaps.ts';

/** First major version that counts it. What pg_stat_statements has is told by its own columns. */
const counted: readonly (readonly [since: number, kind: RowKind, measures: readonly string[]])[] = [
  [14, 'server', ['walBytes', 'walRecords', 'walFullPageImages', 'walBuffersFull', 'walWrites', 'walSyncs']],
  [14, 'server', ['walWriteMs', 'walSyncMs', 'statementEvictions', 'statementStatsResetAt']],
  [14, 'database', ['activeTimeMs', 'sessions', 'sessionTimeMs', 'idleInTransactionTimeMs']],
  [14, 'database', ['sessionsAbandoned', 'sessionsFatal', 'sessionsKilled']],
  [16, 'table', ['rowsUpdatedToNewPage', 'lastSequentialScanAt', 'lastIndexScanAt']],
  [16, 'index', ['lastScanAt']],
  [17, 'server', ['restartpointsTimed', 'restartpointsRequested', 'restartpointsDone']],
  [18, 'server', ['checkpointsDone']],
  [18, 'database', ['parallelWorkersWanted', 'parallelWorkersLaunched']],
  [18, 'table', ['allFrozenPages', 'vacuumTimeMs', 'autovacuumTimeMs', 'analyzeTimeMs', 'autoanalyzeTimeMs']],
];

export function versionGaps(version: number): readonly Gap[] {
  const lacking = counted.filter(([major]) => version < major * 10_000);
  const kinds = [...new Set(lacking.map(([, kind]) => kind))];
  return kinds.map((kind) => {
    const own = lacking.filter(([, each]) => each === kind);
    const later = [...new Set(own.map(([since]) => since))].map(
      (since) =>
        `${own.flatMap(([major, , names]) => (major === since ? names : [])).join(', ')} (${since} and later do)`,
    );
    return gap(
      kind,
      own.flatMap(([, , names]) => names),
      {
        absence: 'unsupported',
        reason: `PostgreSQL ${Math.floor(version / 10_000)} does not count ${later.join(', ')}.`,
        remedy: `Upgrade to PostgreSQL ${Math.max(...own.map(([since]) => since))} or later.`,
      },
    );
  });
}

/** By the version of the extension, which may be older than the server. */
export const lackingColumnsGap = (version: string, names: readonly string[]): Gap =>
  gap('statement', names, {
    absence: 'unsupported',
    reason: `pg_stat_statements ${version} does not count ${names.join(', ')}.`,
    remedy: 'Run ALTER EXTENSION pg_stat_statements UPDATE; where the server has a newer one, else upgrade PostgreSQL.',
  });
