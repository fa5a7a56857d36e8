import type { Finding, FindingBenefit } from '../../model/finding.ts';
import type { ForeignKey, TableRow } from '../../model/rows.ts';
import { type Snapshot, spanSeconds } from '../../model/snapshot.ts';
import { type Context, defineAdvisor, type With } from '../advisor.ts';
import { indexesOf, statementsNaming, tableAt } from '../lookup.ts';
import { standbyIsBlind } from '../upkeep.ts';
import { about, bytes, percent, plural } from '../words.ts';
import { newIndex } from './build.ts';
import { NO_DEFINITIONS } from './duplicate-indexes.ts';
import { LEFT_FACTOR, LOOKUP_MS } from './saved-share.ts';
import { isForeignObject, servesForeignKey } from './shape.ts';

const ROWS_FLOOR = 10_000;
const BYTES_FLOOR = 10 * 1024 ** 2;
const DELETES_PER_HOUR_FLOOR = 0.1;
/** Reading a table from memory and from a slow disk. */
/** From here on the deletes do little else. */
const CLEAR_PART = 0.5;
const SCAN_BYTES_PER_MS = { fast: (4 * 1024 ** 3) / 1000, slow: (0.1 * 1024 ** 3) / 1000 };

type Sized = With<'table', 'liveRows'>;

interface Unindexed {
  readonly child: Sized;
  readonly key: ForeignKey;
  /** Rows deleted from the referenced table; null when not counted. */
  readonly deletes: number | null;
}

export const foreignKeysWithoutIndex = defineAdvisor({
  card: {
    id: 'foreign-keys-without-index',
    area: 'index',
    title: 'Foreign keys without an index',
    clear: 'Every foreign key of a large table whose parent loses rows has an index to find its rows by.',
    why: 'Each row deleted from the parent makes PostgreSQL look for rows that refer to it. Without an index that is a scan of the whole child table, under a lock.',
    source: 'PostgreSQL manual, 5.5.5 Foreign keys',
    thresholds: [
      { name: 'rows of the child', value: '≥ 10,000', reason: 'a smaller table is scanned in a millisecond' },
      { name: 'size of the child', value: '≥ 10 MiB', reason: 'the same, where the size is known' },
      {
        name: 'rows deleted from the parent',
        value: '≥ 1, and ≥ 0.1 per hour',
        reason: 'a parent that never loses rows never pays; scales with the window',
      },
    ],
  },
  needs: { table: ['liveRows'] },
  advise({ table: tables }, context) {
    const { snapshot } = context;
    const known = tables.filter((table) => table.foreignKeys !== undefined);
    const hasIndexes = snapshot.indexes.some((index) => index.keys !== undefined);
    if (known.length === 0 || !hasIndexes) return { findings: [], examined: 0, blind: NO_DEFINITIONS };
    const standby = standbyIsBlind(snapshot.server);
    if (standby !== null) return { findings: [], examined: 0, blind: standby };
    const hours = (spanSeconds(snapshot, 'table') ?? 0) / 3600;
    if (hours === 0)
      return {
        findings: [],
        examined: 0,
        blind:
          'It is not known how long the table counters have been counting. Run again: the next run subtracts this one.',
      };
    const judged = known.filter(isJudged);
    const all = judged.flatMap((child) => unindexed(child, snapshot));
    const paying = all.filter(
      ({ deletes }) => deletes === null || deletes >= Math.max(1, hours * DELETES_PER_HOUR_FLOOR),
    );
    const trees = known.filter((table) => table.partitioned === true && (table.foreignKeys ?? []).length > 0).length;
    const quiet = all.length - paying.length;
    const caveats = [
      quiet > 0
        ? `${plural(quiet, 'foreign key')} of large tables ${quiet === 1 ? 'has' : 'have'} no index, but their parents hardly lose rows.`
        : null,
      trees > 0
        ? `${plural(trees, 'partitioned table')} with foreign keys ${trees === 1 ? 'was' : 'were'} not judged: the index goes on each partition first, then on the parent with ON ONLY and ATTACH PARTITION.`
        : null,
    ];
    return {
      findings: unique(paying).map((found) => finding(found, context)),
      examined: judged.length,
      caveats: caveats.filter((caveat) => caveat !== null),
    };
  },
});

/** Load tables are truncated rather than deleted from; a partition follows its parent. */
function isJudged(table: Sized): boolean {
  const kept = table.persistence === undefined || table.persistence === 'permanent';
  return kept && table.partitioned !== true && table.partitionOf === undefined && !isForeignObject(table);
}

function unindexed(child: Sized, { tables, indexes }: Snapshot): readonly Unindexed[] {
  if (child.liveRows < ROWS_FLOOR || (child.heapBytes !== undefined && child.heapBytes < BYTES_FLOOR)) return [];
  const own = indexesOf(indexes, child);
  return (child.foreignKeys ?? [])
    .filter(({ columns }) => !own.some((index) => servesForeignKey(index, columns)))
    .map((key) => ({ child, key, deletes: parentOf(child, key, tables)?.rowsDeleted ?? null }));
}

function parentOf({ database }: TableRow, key: ForeignKey, tables: readonly TableRow[]): TableRow | undefined {
  return tableAt(tables, { database, schema: key.referencedSchema, table: key.referencedTable }) ?? undefined;
}

/** Two constraints on the same columns need one index. */
function unique(all: readonly Unindexed[]): readonly Unindexed[] {
  const byColumns = new Map<string, Unindexed>();
  for (const found of [...all].sort(
    (a, b) => (b.deletes ?? 0) - (a.deletes ?? 0) || (a.key.name < b.key.name ? -1 : 1),
  )) {
    const { database, schema, table } = found.child;
    const id = JSON.stringify([database, schema, table, [...found.key.columns].sort()]);
    if (!byColumns.has(id)) byColumns.set(id, found);
  }
  return [...byColumns.values()];
}

function finding({ child, key, deletes }: Unindexed, context: Context): Finding {
  const { snapshot } = context;
  const built = newIndex(child, key.columns, snapshot.indexes);
  const parent = `${key.referencedSchema}.${key.referencedTable}`;
  const name = `${child.schema}.${child.table}`;
  const benefit = benefitOf({ child, key, deletes }, context);
  return {
    subject: { database: child.database, schema: child.schema, table: child.table, index: built.name },
    title: `Create an index on ${name} (${key.columns.join(', ')}) for the foreign key ${key.name}`,
    evidence: [
      {
        label: 'Foreign key',
        value: `${key.name}: ${name} (${key.columns.join(', ')}) → ${parent}`,
        source: 'pg_constraint',
      },
      { label: 'Rows of the child', value: child.liveRows, unit: 'rows', source: 'pg_stat_user_tables.n_live_tup' },
      ...(child.heapBytes === undefined
        ? []
        : [{ label: 'Size of the child', value: child.heapBytes, unit: 'bytes', source: 'pg_table_size' } as const]),
      ...(deletes === null
        ? []
        : [
            {
              label: 'Rows deleted from the parent',
              value: deletes,
              unit: 'rows',
              source: 'pg_stat_user_tables.n_tup_del',
            } as const,
          ]),
      {
        label: 'Expected size of the index',
        value: built.sizeBytes,
        unit: 'bytes',
        source: 'rows × width of the columns',
      },
    ],
    approach: `Give the foreign key an index, so that a delete in ${parent} finds the referring rows instead of reading all of ${name}. Joins from parent to child gain as well.`,
    benefit,
    work: 'create-index',
    machineMinutes: built.machineMinutes,
    risk: built.risk,
    steps: built.steps,
    maintenanceWindow: 'none needed; a quiet hour is better',
    acceptance: `Sequential scans of ${name} (pg_stat_user_tables.seq_scan) no longer rise with deletes in ${parent}`,
    done: built.done,
    gain:
      benefit.kind === 'time'
        ? { kind: 'statement-time', statements: benefit.statements }
        : { kind: 'statement-time', statements: [] }, // nobody's time was seen, so none can be verified
  };
}

/** Time only where the deletes were seen and their time has room for the scans. */
function benefitOf({ child, key, deletes }: Unindexed, { snapshot, parse }: Context): FindingBenefit {
  const named = statementsNaming(snapshot.statements, { database: child.database, table: key.referencedTable });
  const statements = named.filter((row) => {
    const parsed = row.textCut !== true && /\bdelete\b/i.test(row.text ?? '') ? parse(row.text) : null;
    const target = parsed?.kind === 'delete' ? parsed.tables.find((table) => table.isTarget) : undefined;
    return target?.name === key.referencedTable && (target.schema ?? key.referencedSchema) === key.referencedSchema;
  });
  const time = statements.reduce((total, row) => total + (row.totalTimeMs ?? 0), 0);
  const rows = statements.reduce((total, row) => total + (row.rows ?? 0), 0);
  const names = [...new Set(statements.map((row) => row.statement))].sort();
  const blocks = statements.reduce(
    (total, row) => total + (row.sharedBlocksHit ?? NaN) + (row.sharedBlocksRead ?? NaN),
    0,
  );
  if (time > 0 && rows > 0 && blocks > 0 && child.heapBytes !== undefined) {
    const part = Math.min(1, (rows * child.heapBytes) / 8192 / blocks);
    const left = (rows * LOOKUP_MS) / time;
    const reduces = {
      low: Math.max(0, part - (1 - part) / 2 - LEFT_FACTOR * left),
      likely: Math.max(0, part - left),
      high: Math.max(0, 1 - (1 - part) / 2 - left / LEFT_FACTOR),
    };
    return {
      kind: 'time',
      statements: names,
      reduces,
      confidence: part >= CLEAR_PART ? 'medium' : 'low',
      basis: `Model: each of ${about(rows)} deleted rows reads the ${bytes(child.heapBytes)} of ${child.table} once, which are ${percent(part)} of the blocks that these deletes touched; time is taken to go with the blocks. Looking the rows up takes about ${LOOKUP_MS} ms each instead.`,
    };
  }
  if (time > 0 && rows > 0 && child.heapBytes !== undefined) {
    const share = (speed: number): number => Math.min(0.99, (rows * (child.heapBytes ?? 0)) / speed / time);
    const [low, high] = [share(SCAN_BYTES_PER_MS.fast), share(SCAN_BYTES_PER_MS.slow)];
    return {
      kind: 'time',
      statements: names,
      reduces: { low: low / 2, likely: (low + high) / 2, high },
      confidence: 'low',
      basis: `Model: each of ${about(rows)} deleted rows reads ${bytes(child.heapBytes)} of ${child.table}, at 0.1 to 4 GiB/s, against the ${about(time / 1000)} s these deletes took: ${percent(low)} to ${percent(high)}, at most all but 1 %.`,
    };
  }
  return {
    kind: 'risk',
    confidence: deletes === null ? 'low' : 'medium',
    basis: `The time of the deletes was not seen on its own. Each row deleted from ${key.referencedTable} reads all of ${child.table} (${about(child.liveRows)} rows) and holds its locks for as long${deletes === null ? '; how many are deleted is not counted' : ''}.`,
  };
}
