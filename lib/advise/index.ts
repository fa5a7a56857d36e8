/** The roster: every advisor the hunt asks, one line each. The order is the order of the catalogue. */
import type { Advisor } from './advisor.ts';
import { duplicateIndexes } from './index/duplicate-indexes.ts';
import { foreignKeysWithoutIndex } from './index/foreign-keys-without-index.ts';
import { invalidIndexes } from './index/invalid-indexes.ts';
import { missingIndexes } from './index/missing-indexes.ts';
import { unusedIndexes } from './index/unused-indexes.ts';
import { deadRows } from './maintenance/dead-rows.ts';
import { defaultVacuumSettingsOnLargeTables } from './maintenance/default-vacuum-settings-on-large-tables.ts';
import { staleStatistics } from './maintenance/stale-statistics.ts';
import { transactionIdAge } from './maintenance/transaction-id-age.ts';
import { alternativesAcrossColumns } from './query/alternatives-across-columns.ts';
import { chattyStatements } from './query/chatty-statements.ts';
import { columnsInsideFunctions } from './query/columns-inside-functions.ts';
import { correlatedColumns } from './query/correlated-columns.ts';
import { distinctOverJoins } from './query/distinct-over-joins.ts';
import { largeOffsets } from './query/large-offsets.ts';
import { longValueLists } from './query/long-value-lists.ts';
import { notInSubqueries } from './query/not-in-subqueries.ts';
import { patternSearches } from './query/pattern-searches.ts';
import { randomOrder } from './query/random-order.ts';
import { repeatedCounts } from './query/repeated-counts.ts';
import { slowAndFrequentStatements } from './query/slow-and-frequent-statements.ts';
import { sortsThatSpill } from './query/sorts-that-spill.ts';
import { starOverWideRows } from './query/star-over-wide-rows.ts';
import { topTimeStatements } from './query/top-time-statements.ts';
import { unboundedResults } from './query/unbounded-results.ts';
import { unfilteredWrites } from './query/unfiltered-writes.ts';
import { cacheMisses } from './system/cache-misses.ts';
import { connectionPeaks } from './system/connection-peaks.ts';
import { idleInTransaction } from './system/idle-in-transaction.ts';
import { requestedCheckpoints } from './system/requested-checkpoints.ts';
import { settingsPendingRestart } from './system/settings-pending-restart.ts';

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
  // index
  missingIndexes,
  foreignKeysWithoutIndex,
  duplicateIndexes,
  unusedIndexes,
  invalidIndexes,
  // maintenance
  deadRows,
  staleStatistics,
  defaultVacuumSettingsOnLargeTables,
  transactionIdAge,
  // system
  idleInTransaction,
  connectionPeaks,
  cacheMisses,
  requestedCheckpoints,
  settingsPendingRestart,
];
