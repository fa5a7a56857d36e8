import type { Finding } from '../../model/finding.ts';
import type { IndexRow } from '../../model/rows.ts';
import { defineAdvisor, type With } from '../advisor.ts';
import { quoteQualified, quoteRegclass, quoteText } from '../sql/quote.ts';
import { bytes, percent, plural } from '../words.ts';
import { sizeEvidence } from './drop.ts';
import { isForeignObject } from './shape.ts';

const MIB = 1024 ** 2;
const BYTES = 100 * MIB;
const SHARE = 0.5;
/** From fast and cached to slow and busy; REINDEX CONCURRENTLY reads the table twice. */
const BYTES_PER_SECOND = { low: 20 * MIB, likely: 100 * MIB, high: 400 * MIB };

type Sized = With<'index', 'sizeBytes'>;

interface Waste {
  readonly index: Sized;
  readonly bytes: number;
  readonly share: number;
  readonly measured: boolean;
}

export const bloatedIndexes = defineAdvisor({
  card: {
    id: 'bloated-indexes',
    area: 'index',
    title: 'Indexes of which half holds nothing',
    clear: 'No large index consists of empty space by half, where that could be told.',
    why: 'Pages of a btree that lost most of their entries are not joined again. They stay on disk and in memory, and each scan passes through them. A rebuild packs the index anew while reads and writes go on.',
    source: 'PostgreSQL manual, 25.2 Routine reindexing; pgstattuple, pgstatindex',
    thresholds: [
      { name: 'empty space', value: '≥ 100 MiB', reason: 'less is neither worth a build nor room in memory' },
      {
        name: 'share of the index',
        value: '≥ 50 %',
        reason: 'beyond the fill factor; a third is normal for an index that is written at random places',
      },
    ],
  },
  needs: { index: ['sizeBytes'] },
  advise({ index: indexes }) {
    const told = indexes.filter((row) => row.bloat !== undefined || row.estimatedBloatBytes !== undefined);
    if (told.length === 0) {
      const blind =
        'How full indexes are was not seen. Connect pg-hunt to PostgreSQL as a role with SELECT on the tables, and install pgstattuple for exact numbers.';
      return { findings: [], examined: 0, blind };
    }
    const wasteful = told.flatMap((row) => wasteOf(row) ?? []);
    const stuck = wasteful.filter(({ index }) => index.constraintType === 'exclusion');
    const findings = wasteful.filter((waste) => !stuck.includes(waste)).map(finding);
    const caveats =
      stuck.length === 0
        ? []
        : [
            `${plural(stuck.length, 'index', 'indexes')} of exclusion constraints half empty: PostgreSQL does not rebuild such CONCURRENTLY, and a plain REINDEX blocks writes.`,
          ];
    return { findings, examined: told.length, caveats };
  },
});

/** Measured where it was, else estimated where statistics allow it; a free tenth is the fill factor and not counted. */
function wasteOf(index: Sized): Waste | null {
  const { bloat, estimatedBloatBytes: estimated } = index;
  const whole = bloat?.ofBytes ?? index.sizeBytes;
  const empty = bloat?.bytes ?? estimated ?? 0;
  const ours = !isForeignObject(index) && index.valid !== false && index.ready !== false && index.partitioned !== true;
  if (!ours || whole <= 0 || empty < BYTES || empty < SHARE * whole) return null;
  return { index, bytes: Math.min(empty, whole), share: Math.min(1, empty / whole), measured: bloat !== undefined };
}

function finding({ index, bytes: empty, share, measured }: Waste): Finding {
  const name = `${index.schema}.${index.index}`;
  const left = index.sizeBytes - empty;
  const read = 2 * Math.max(index.sizeBytes, left);
  const seconds = (speed: number): number => Math.max(1, Math.round(read / speed));
  const duration = {
    low: seconds(BYTES_PER_SECOND.high),
    likely: seconds(BYTES_PER_SECOND.likely),
    high: seconds(BYTES_PER_SECOND.low),
    unit: 's' as const,
  };
  return {
    subject: { database: index.database, schema: index.schema, table: index.table, index: index.index },
    title: `Rebuild index ${name}, ${percent(share)} of it empty`,
    evidence: [
      ...sizeEvidence(index),
      {
        label: measured ? 'Empty space, measured' : 'Empty space, estimated',
        value: empty,
        unit: 'bytes',
        source: measured ? 'pgstattuple' : 'pg_class and pg_stats',
      },
    ],
    approach: `Rebuild it with REINDEX CONCURRENTLY. If rows come and go at a steady pace the space fills again within weeks: rebuild only where disk or memory is short, or once after a large delete.${measured ? '' : ' The number is an estimate: measure it with pgstattuple first, as in the first step.'}`,
    benefit: {
      kind: 'space',
      bytes: { low: empty * (measured ? 0.8 : 0.4), likely: empty * (measured ? 0.95 : 0.8), high: empty },
      confidence: measured ? 'high' : 'low',
      basis: `${measured ? 'Measured by reading the index' : 'Estimated from its pages, its entries and the width of its columns'}: of ${bytes(index.sizeBytes)} it needs about ${bytes(Math.max(0, left))} at its fill factor. Some free space comes back with the first writes.`,
    },
    work: 'rebuild-index',
    machineMinutes: Math.max(1, Math.ceil(duration.likely / 60)),
    risk: {
      level: 'low',
      technical: `A rebuild that fails or is cancelled leaves an invalid ${index.index}_ccnew behind, or ${index.index}_ccold at its very end. Neither serves reads, and both cost writes until dropped; the old index goes on working.`,
      business: 'None that users see; reads and writes go on.',
      performance: `It reads the table twice, writes the new index to WAL, and waits for every transaction older than itself.`,
      mitigation: 'Choose a quiet hour without long transactions, and watch free disk space and replica lag.',
      rollback: [],
    },
    steps: steps(index, { left: Math.max(0, left), measured, duration }),
    maintenanceWindow: 'none needed; a quiet hour is better',
    acceptance: `pg_relation_size of ${name} falls to about ${bytes(Math.max(0, left))}, and nothing called ${index.index}_cc… is left`,
    measuredBy: {
      language: 'sql',
      query: `SELECT pg_relation_size(${quoteRegclass(index.schema, index.index)}::regclass) AS bytes;`,
      now: index.sizeBytes,
      target: Math.max(0, left),
      unit: 'bytes',
    },
    done: { kind: 'measure-moved' },
    gain: { kind: 'object-gone' },
  };
}

function steps(
  index: IndexRow,
  {
    left,
    measured,
    duration,
  }: { left: number; measured: boolean; duration: Finding['steps'][number]['durationEstimate'] },
): Finding['steps'] {
  const regclass = `${quoteRegclass(index.schema, index.index)}::regclass`;
  const pattern = quoteText(`^${index.index.slice(0, 50).replace(/[^\p{L}\p{N}_ ]/gu, '.')}.*_cc(new|old)[0-9]*$`);
  return [
    {
      sql: `SELECT pg_size_pretty(pg_relation_size(${regclass})) AS size, indisvalid FROM pg_index WHERE indexrelid = ${regclass};`,
      text: `Note its size.${measured ? '' : ' Where the extension pgstattuple is installed, pgstatindex says how full its leaves are: go on below 50 %.'} Look for transactions that are hours old: the rebuild waits for them.`,
      lock: 'none that matters',
      blocks: 'nothing',
      inTransaction: true,
    },
    {
      sql: `REINDEX INDEX CONCURRENTLY ${quoteQualified(index.schema, index.index)};`,
      text: 'Rebuild it, alone and outside a transaction block. There is nothing to undo: the index does the same as before.',
      lock: `SHARE UPDATE EXCLUSIVE on ${index.schema}.${index.table} and on the index`,
      blocks: 'VACUUM, ANALYZE, other DDL and index builds on the table; neither reads nor writes',
      inTransaction: false,
      ...(duration === undefined ? {} : { durationEstimate: duration }),
      // The new copy beside the old one, and the sort before it.
      diskBytes: Math.ceil(2 * left),
    },
    {
      sql: `SELECT indexrelid::regclass AS leftover FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE indrelid = (SELECT indrelid FROM pg_index WHERE indexrelid = ${regclass}) AND relname ~ ${pattern} AND NOT indisvalid;`,
      text: 'Look for leftovers of a rebuild that failed, and drop each with DROP INDEX CONCURRENTLY before trying again.',
      lock: 'none that matters',
      blocks: 'nothing',
      inTransaction: true,
    },
  ];
}
