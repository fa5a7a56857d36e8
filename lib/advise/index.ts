/** The roster: every advisor the hunt asks, one line each. The order is the order of the catalogue. */
import type { Advisor } from './advisor.ts';
import { bloatedIndexes } from './index/bloated-indexes.ts';
import { duplicateIndexes } from './index/duplicate-indexes.ts';
import { foreignKeyTypes } from './index/foreign-key-types.ts';
import { foreignKeysWithoutIndex } from './index/foreign-keys-without-index.ts';
import { invalidIndexes } from './index/invalid-indexes.ts';
import { manyIndexes } from './index/many-indexes.ts';
import { missingIndexes } from './index/missing-indexes.ts';
import { mostlyNullIndexes } from './index/mostly-null-indexes.ts';
import { overlappingIndexes } from './index/overlapping-indexes.ts';
import { randomUuidKeys } from './index/random-uuid-keys.ts';
import { tablesWithoutPrimaryKey } from './index/tables-without-primary-key.ts';
import { unusedIndexes } from './index/unused-indexes.ts';
import { unvalidatedConstraints } from './index/unvalidated-constraints.ts';
import { autovacuumOff } from './maintenance/autovacuum-off.ts';
import { bloatedTables } from './maintenance/bloated-tables.ts';
import { deadRows } from './maintenance/dead-rows.ts';
import { defaultVacuumSettingsOnLargeTables } from './maintenance/default-vacuum-settings-on-large-tables.ts';
import { heldHorizon } from './maintenance/held-horizon.ts';
import { multixactAge } from './maintenance/multixact-age.ts';
import { partitionedTablesNeverAnalyzed } from './maintenance/partitioned-tables-never-analyzed.ts';
import { sequencesNearTheirEnd } from './maintenance/sequences-near-their-end.ts';
import { staleStatistics } from './maintenance/stale-statistics.ts';
import { transactionIdAge } from './maintenance/transaction-id-age.ts';
import { updatesThatLeaveTheirPage } from './maintenance/updates-that-leave-their-page.ts';
import { alternativesAcrossColumns } from './query/alternatives-across-columns.ts';
import { chattyStatements } from './query/chatty-statements.ts';
import { columnsInsideFunctions } from './query/columns-inside-functions.ts';
import { correlatedColumns } from './query/correlated-columns.ts';
import { distinctOverJoins } from './query/distinct-over-joins.ts';
import { filtersAfterIndex } from './query/filters-after-index.ts';
import { jitOverhead } from './query/jit-overhead.ts';
import { largeOffsets } from './query/large-offsets.ts';
import { longValueLists } from './query/long-value-lists.ts';
import { nestedLoopsOverTables } from './query/nested-loops-over-tables.ts';
import { notInSubqueries } from './query/not-in-subqueries.ts';
import { patternSearches } from './query/pattern-searches.ts';
import { planningTime } from './query/planning-time.ts';
import { randomOrder } from './query/random-order.ts';
import { repeatedCounts } from './query/repeated-counts.ts';
import { slowAndFrequentStatements } from './query/slow-and-frequent-statements.ts';
import { sortsThatSpill } from './query/sorts-that-spill.ts';
import { starOverWideRows } from './query/star-over-wide-rows.ts';
import { topTimeStatements } from './query/top-time-statements.ts';
import { unboundedResults } from './query/unbounded-results.ts';
import { unfilteredWrites } from './query/unfiltered-writes.ts';
import { walHeavyStatements } from './query/wal-heavy-statements.ts';
import { wrongRowEstimates } from './query/wrong-row-estimates.ts';
import { archiveFailures } from './system/archive-failures.ts';
import { busyProcessors } from './system/busy-processors.ts';
import { cacheMisses } from './system/cache-misses.ts';
import { connectionChurn } from './system/connection-churn.ts';
import { connectionPeaks } from './system/connection-peaks.ts';
import { deadlocks } from './system/deadlocks.ts';
import { fullDisks } from './system/full-disks.ts';
import { fullPageImages } from './system/full-page-images.ts';
import { idleConnections } from './system/idle-connections.ts';
import { idleInTransaction } from './system/idle-in-transaction.ts';
import { ioTimingOff } from './system/io-timing-off.ts';
import { laggingStandbys } from './system/lagging-standbys.ts';
import { lostSessions } from './system/lost-sessions.ts';
import { plannerMethodsOff } from './system/planner-methods-off.ts';
import { randomPageCostOnFastDisks } from './system/random-page-cost-on-fast-disks.ts';
import { requestedCheckpoints } from './system/requested-checkpoints.ts';
import { retainedWal } from './system/retained-wal.ts';
import { rolledBackTransactions } from './system/rolled-back-transactions.ts';
import { settingsPendingRestart } from './system/settings-pending-restart.ts';
import { sharedBuffersSize } from './system/shared-buffers-size.ts';
import { statementEvictions } from './system/statement-evictions.ts';
import { walBuffersFull } from './system/wal-buffers-full.ts';

export const roster: readonly Advisor[] = [
  // query
  topTimeStatements,
  slowAndFrequentStatements,
  chattyStatements,
  unboundedResults,
  largeOffsets,
  randomOrder,
  notInSubqueries,
  alternativesAcrossColumns,
  distinctOverJoins,
  correlatedColumns,
  columnsInsideFunctions,
  patternSearches,
  starOverWideRows,
  repeatedCounts,
  longValueLists,
  unfilteredWrites,
  sortsThatSpill,
  walHeavyStatements,
  planningTime,
  jitOverhead,
  wrongRowEstimates,
  nestedLoopsOverTables,
  filtersAfterIndex,
  // index
  missingIndexes,
  foreignKeysWithoutIndex,
  duplicateIndexes,
  unusedIndexes,
  invalidIndexes,
  mostlyNullIndexes,
  bloatedIndexes,
  overlappingIndexes,
  manyIndexes,
  foreignKeyTypes,
  tablesWithoutPrimaryKey,
  unvalidatedConstraints,
  randomUuidKeys,
  // maintenance
  deadRows,
  bloatedTables,
  staleStatistics,
  defaultVacuumSettingsOnLargeTables,
  transactionIdAge,
  multixactAge,
  heldHorizon,
  autovacuumOff,
  partitionedTablesNeverAnalyzed,
  sequencesNearTheirEnd,
  updatesThatLeaveTheirPage,
  // system
  idleInTransaction,
  connectionPeaks,
  connectionChurn,
  idleConnections,
  lostSessions,
  cacheMisses,
  requestedCheckpoints,
  settingsPendingRestart,
  deadlocks,
  rolledBackTransactions,
  retainedWal,
  laggingStandbys,
  archiveFailures,
  fullPageImages,
  walBuffersFull,
  sharedBuffersSize,
  ioTimingOff,
  statementEvictions,
  plannerMethodsOff,
  randomPageCostOnFastDisks,
  fullDisks,
  busyProcessors,
];
