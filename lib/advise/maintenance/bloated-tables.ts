import type { Finding, Step } from '../../model/finding.ts';
import type { IndexRow, TableRow } from '../../model/rows.ts';
import { type Snapshot, spanSeconds } from '../../model/snapshot.ts';
import { WEEK_SECONDS } from '../../model/units.ts';
import { defineAdvisor, type With } from '../advisor.ts';
import { quoteName, quoteQualified, quoteRegclass } from '../sql/quote.ts';
import { isOurs, nameOf, rolledUp, standbyIsBlind, subjectOf, vacuumStep } from '../upkeep.ts';
import { bytes, listed, percent, plural } from '../words.ts';

const MIB = 1024 ** 2;
const BYTES = 200 * MIB;
const SHARE = 0.5;
/** From fast and cached to slow and busy. */
const BYTES_PER_SECOND = { low: 20 * MIB, likely: 100 * MIB, high: 400 * MIB };
/** Hours say nothing of a week. */
const DAY = 86_400;
const NAMED = 5;

interface Waste {
  readonly row: With<'table', 'heapBytes'>;
  /** Of the main fork, beyond fill factor and dead rows. */
  readonly empty: number;
  readonly whole: number;
  readonly measured: boolean;
  /** What a week of new row versions takes of it; null where nobody counted them for a day. */
  readonly used: number | null;
}

export const bloatedTables = defineAdvisor({
  card: {
    id: 'bloated-tables',
    area: 'maintenance',
    title: 'Tables of which half holds nothing',
    clear: 'No large table consists of empty space by half, where that could be told.',
    why: 'VACUUM makes the space of dead rows free within the file, and the file stays as large as it ever was. What no new row will fill is read by every scan, backed up and paid for.',
    source: 'PostgreSQL manual, 24.1.2 Recovering disk space; pgstattuple; pg_repack 1.5',
    thresholds: [
      { name: 'empty space', value: '≥ 200 MiB', reason: 'less is not worth a copy of the table' },
      {
        name: 'share of the table',
        value: '≥ 50 %',
        reason: 'beyond the fill factor; scans read twice what they need',
      },
      {
        name: 'empty space less a week’s new row versions',
        value: 'still ≥ 200 MiB and ≥ 50 %',
        reason: 'what is filled again within a week is room to work in, and comes back',
      },
    ],
  },
  needs: { table: ['heapBytes'] },
  advise({ table }, { snapshot }) {
    const blind = standbyIsBlind(snapshot.server);
    if (blind !== null) return { findings: [], examined: 0, blind };
    const told = table.filter((row) => row.bloat !== undefined || row.estimatedBloatBytes !== undefined);
    if (told.length === 0) {
      const why =
        'How full tables are was not seen. Connect pg-hunt to PostgreSQL as a role with SELECT on the tables, and install pgstattuple for exact numbers.';
      return { findings: [], examined: 0, blind: why };
    }
    const wasteful = told.flatMap((row) => wasteOf(row, snapshot) ?? []);
    const lasting = wasteful.filter((waste) => isMuch(waste.empty - (waste.used ?? 0), waste.whole));
    const worst = new Map(lasting.sort(byLasting).map((waste) => [waste.row, waste]));
    const findings = rolledUp([...worst.keys()]).flatMap(({ row, siblings }) => {
      const waste = worst.get(row);
      return waste === undefined ? [] : [finding(waste, siblings, snapshot)];
    });
    const reused = wasteful.filter((waste) => !lasting.includes(waste)).map(({ row }) => nameOf(row));
    return { findings, examined: told.length, caveats: reused.length === 0 ? [] : [reusedWords(reused)] };
  },
});

function isMuch(empty: number, whole: number): boolean {
  return empty >= BYTES && empty >= SHARE * whole;
}

function lastingOf({ empty, used }: Waste): number {
  return empty - (used ?? 0);
}

function byLasting(a: Waste, b: Waste): number {
  return lastingOf(b) - lastingOf(a) || (nameOf(a.row) < nameOf(b.row) ? -1 : 1);
}

function reusedWords(names: readonly string[]): string {
  const shown = [...names].sort().slice(0, NAMED);
  const more = names.length > NAMED ? [`${names.length - NAMED} more`] : [];
  return `${listed([...shown, ...more])}: half empty, but a week’s changes fill that room again, so it was left alone.`;
}

/** Measured where it was, else estimated where statistics allow it. Dead rows are vacuum’s, and no bloat. */
function wasteOf(row: With<'table', 'heapBytes'>, snapshot: Snapshot): Waste | null {
  const { bloat, estimatedBloatBytes: estimated, mainBytes } = row;
  const whole = bloat?.ofBytes ?? mainBytes ?? row.heapBytes;
  const empty = Math.min(whole, bloat === undefined ? (estimated ?? 0) : bloat.bytes - (bloat.deadBytes ?? 0));
  const rewritable = isOurs(row) && row.materializedView !== true && (row.method ?? 'heap') === 'heap';
  if (!rewritable || !isMuch(empty, whole)) return null;
  return { row, empty, whole, measured: bloat !== undefined, used: usedInAWeek(row, whole - empty, empty, snapshot) };
}

function usedInAWeek(row: TableRow, full: number, empty: number, snapshot: Snapshot): number | null {
  const seconds = spanSeconds(snapshot, 'table');
  const { liveRows = 0, rowsInserted, rowsUpdated } = row;
  if (seconds === null || seconds < DAY || rowsInserted === undefined || rowsUpdated === undefined || liveRows <= 0)
    return null;
  const versions = ((rowsInserted + rowsUpdated) / seconds) * WEEK_SECONDS;
  return Math.min(empty, versions * (full / liveRows));
}

function finding(waste: Waste, siblings: number, snapshot: Snapshot): Finding {
  const { row, empty, whole, measured, used } = waste;
  const name = nameOf(row);
  const gain = lastingOf(waste);
  const left = whole - gain;
  const others =
    siblings > 0 ? ` ${plural(siblings, 'more partition')} of ${row.partitionOf} are in the same state.` : '';
  return {
    subject: subjectOf(row),
    title: `Give back the empty ${percent(empty / whole)} of ${name}`,
    evidence: [
      { label: 'Size of its rows’ file', value: whole, unit: 'bytes', source: 'pg_relation_size' },
      {
        label: measured ? 'Empty space, measured' : 'Empty space, estimated',
        value: empty,
        unit: 'bytes',
        source: measured ? 'pgstattuple_approx, without dead rows' : 'pg_class and pg_stats, without dead rows',
      },
      used === null
        ? { label: 'Filled again in a week', value: 'not seen', source: 'pg_stat_user_tables.n_tup_ins, n_tup_upd' }
        : { label: 'Filled again in a week', value: used, unit: 'bytes', source: 'new row versions × size of a row' },
    ],
    approach: `VACUUM cannot shrink the file: only a copy of the table without the gaps does. First learn what emptied it: after one large delete once is enough, after steady changes the space fills again. Prefer pg_repack, which lets reads and writes go on; VACUUM FULL and CLUSTER lock everybody out until the copy is done.${measured ? '' : ' The number is an estimate: measure it with pgstattuple_approx before anything is copied.'}${others}`,
    benefit: {
      kind: 'space',
      bytes: { low: gain * (measured ? 0.8 : 0.3), likely: gain * (measured ? 0.95 : 0.7), high: gain },
      confidence: !measured ? 'low' : used === null ? 'medium' : 'high',
      basis: `${measured ? 'Measured by reading the table' : 'Estimated from its pages, its rows and the width of its columns'}: of ${bytes(whole)} it needs about ${bytes(left)}${used === null ? '; how fast it fills again was not seen' : ' with room for a week of changes'}. Time that scans save is not counted.`,
    },
    work: 'vacuum',
    machineMinutes: Math.max(1, Math.ceil(durationOf(waste).likely / 60)),
    risk: {
      level: 'medium',
      technical:
        'pg_repack that is stopped leaves its triggers and tables behind. Every method writes the whole copy to WAL, where replicas have to follow.',
      business: 'With VACUUM FULL or CLUSTER everything that uses the table waits until the copy is done.',
      performance: 'A full read and write of the table; its pages come back into memory only slowly.',
      mitigation:
        'Try it on a copy first, check free disk and replica lag, end long transactions before, and set lock_timeout.',
      rollback: [],
    },
    steps: steps(waste, snapshot),
    maintenanceWindow: 'a quiet hour with pg_repack; with VACUUM FULL or CLUSTER a window without the table',
    acceptance: `pg_relation_size of ${name} falls to about ${bytes(left)} and stays below ${bytes(left + gain / 2)} for a month`,
    done: { kind: 'measure-moved' },
    gain: { kind: 'object-gone' },
  };
}

/** The copy reads all, and writes what is left and its indexes. */
function durationOf({ row, whole, empty }: Waste): NonNullable<Step['durationEstimate']> {
  const moved = whole + (whole - empty) + (row.indexBytes ?? 0);
  const seconds = (speed: number): number => Math.max(1, Math.round(moved / speed));
  const { low, likely, high } = BYTES_PER_SECOND;
  return { low: seconds(high), likely: seconds(likely), high: seconds(low), unit: 's' };
}

function steps(waste: Waste, snapshot: Snapshot): readonly Step[] {
  const { row, whole, empty } = waste;
  const name = nameOf(row);
  const quoted = quoteQualified(row.schema, row.table);
  const regclass = `${quoteRegclass(row.schema, row.table)}::regclass`;
  const copy = whole - empty + (row.indexBytes ?? 0);
  const rewrite = {
    lock: `ACCESS EXCLUSIVE on ${name}`,
    blocks: 'everything on the table, reads too, until the copy and its indexes are done',
    durationEstimate: durationOf(waste),
    diskBytes: Math.ceil(copy),
  };
  const indexes = snapshot.indexes.filter(
    (one) => one.database === row.database && one.schema === row.schema && one.table === row.table,
  );
  const ordered = indexes.find((one) => one.clustered === true);
  return [
    {
      sql: `SELECT pg_size_pretty(pg_relation_size(${regclass})) AS rows, pg_size_pretty(pg_indexes_size(${regclass})) AS indexes;`,
      text: 'Note the sizes. Ask the owner what emptied the table, and whether it will grow again.',
      lock: 'none that matters',
      blocks: 'nothing',
      inTransaction: true,
    },
    {
      ...vacuumStep(row),
      text: 'Remove the dead rows first, so that nobody copies them; empty pages at the end of the file go at once, which may be enough.',
    },
    {
      text: `Either copy it while it is in use: pg_repack --no-order --dbname ${shell(row.database)} --table ${shell(quoted)} with its extension of the same version in the database. ${repackable(row, indexes)} There is nothing to undo; stopped half-way, DROP EXTENSION pg_repack CASCADE removes what it left.`,
      lock: `ACCESS SHARE on ${name}, and ACCESS EXCLUSIVE for a moment at its start and end`,
      blocks: 'DDL on the table; reads and writes for a moment at start and end, longer behind a long transaction',
      durationEstimate: durationOf(waste),
      // As its manual asks: twice the table with its indexes.
      diskBytes: Math.ceil(2 * (whole + (row.indexBytes ?? 0))),
    },
    {
      text: `Or, in an announced window, run VACUUM (FULL, ANALYZE) ${quoted}. It cannot be undone, and needs not be: the rows are the same.`,
      ...rewrite,
    },
    ...(ordered === undefined
      ? []
      : [
          {
            text: `Or, in such a window, CLUSTER ${quoted} USING ${quoteName(ordered.index)}, which also puts the rows into the order of that index again.`,
            ...rewrite,
          },
        ]),
  ];
}

/** A name may hold anything, and somebody pastes this. */
function shell(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** It follows changes by a key without NULLs. */
function repackable(row: TableRow, indexes: readonly IndexRow[]): string {
  const isKey = (one: IndexRow) =>
    one.unique === true &&
    one.valid !== false &&
    one.predicate === undefined &&
    one.keys?.every((key) => row.columns?.find((column) => column.name === key.name)?.notNull === true) === true;
  return indexes.some((one) => one.primary === true || isKey(one))
    ? 'It follows changes by the key the table has.'
    : 'It needs a primary key, or a unique index on columns without NULLs, and none was seen.';
}
