/** Taking an index away so that it can come back. */
import type { DoneSign, Evidence, FindingBenefit, Step } from '../../model/finding.ts';
import type { IndexRow } from '../../model/rows.ts';
import { quoteQualified, quoteRegclass, spelledOut } from '../sql/quote.ts';

/** pg_get_indexdef → the statement that builds it again without blocking writes. */
export function buildAgain(definition: string): string {
  const statement = spelledOut(definition.trim().replace(/;$/, ''));
  return `${statement.replace(/^CREATE( UNIQUE)? INDEX /, (_, unique = '') => `CREATE${unique} INDEX CONCURRENTLY `)};`;
}

export function dropStep(index: IndexRow): Step {
  return {
    sql: `DROP INDEX CONCURRENTLY ${quoteQualified(index.schema, index.index)};`,
    text: 'Drop it without blocking. It waits for transactions that were using the table; if it is cancelled, the index stays behind as invalid and the same statement finishes the work.',
    lock: `SHARE UPDATE EXCLUSIVE on ${index.schema}.${index.table}`,
    blocks: 'VACUUM, ANALYZE and DDL on the table while it waits; neither reads nor writes',
    inTransaction: false,
    durationEstimate: { low: 0.1, likely: 1, high: 60, unit: 's' },
    diskBytes: 0,
  };
}

/** Counters of one index, to be read on every server that has it. */
export function usageStep(index: IndexRow, versionNum: number | undefined): Step {
  const columns = (versionNum ?? 0) >= 160_000 ? 'idx_scan, last_idx_scan' : 'idx_scan';
  const name = quoteRegclass(index.schema, index.index);
  return {
    sql: `SELECT ${columns} FROM pg_stat_all_indexes WHERE indexrelid = ${name}::regclass;`,
    text: 'Run this on the primary and on every standby and read replica: each counts its own scans. Stop if any of them uses the index.',
    lock: 'none that matters',
    blocks: 'nothing',
    inTransaction: true,
  };
}

export function doneWhenDropped({ database, schema, index }: IndexRow): DoneSign {
  return { kind: 'index-dropped', database, schema, index };
}

export function spaceOf({ sizeBytes }: IndexRow, why: string): FindingBenefit {
  const writes =
    'Each insert, and each update that is not HOT, then maintains one index less; that is not measured here.';
  if (sizeBytes === undefined)
    return { kind: 'risk', confidence: 'medium', basis: `${why} Its size was not seen. ${writes}` };
  return {
    kind: 'space',
    bytes: { low: sizeBytes, likely: sizeBytes, high: sizeBytes },
    confidence: 'high',
    basis: `${why} Its size on disk is measured and returns when it is gone. ${writes}`,
  };
}

export function sizeEvidence(index: IndexRow, label = 'Size'): readonly Evidence[] {
  if (index.sizeBytes === undefined) return [];
  return [{ label, value: index.sizeBytes, unit: 'bytes', source: 'pg_relation_size' }];
}

export function scansEvidence(index: IndexRow, label = 'Scans since the statistics began'): readonly Evidence[] {
  if (index.scansSinceReset === undefined) return [];
  return [{ label, value: index.scansSinceReset, unit: 'count', source: 'pg_stat_user_indexes.idx_scan' }];
}
