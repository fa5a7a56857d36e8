/** What cache-misses measures and says. Memory is never sized from the ratio alone, nor without the host's memory. */
import type { Evidence, Finding, FindingBenefit, Gain } from '../model/finding.ts';
import type { TableRow } from '../model/rows.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { With } from './advisor.ts';
import { changeSetting, doneSign, numberOf, waitsForRestart } from './change-setting.ts';
import { bytes, listed, percent } from './words.ts';

const GIB = 1024 ** 3;
export const SERVER_HIT = 0.95;
const SMALL_BUFFERS = 0.2;
const GOOD_BUFFERS = 0.25;
const MOST_STATEMENTS = 10;
const SETTING = 'shared_buffers';

export interface TableMisses {
  readonly row: TableRow;
  readonly blocks: number;
  readonly read: number;
  readonly hitRatio: number;
  readonly shareOfReads: number;
  /** Share of the accesses that whole-table scans explain; null when unknown. */
  readonly scanned: number | null;
}

export interface Misses {
  readonly blocks: number;
  readonly read: number;
  readonly hitRatio: number | null;
  /** Share of statement time spent waiting for reads; null when nobody measured it. */
  readonly readTimeShare: number | null;
  /** That read most, and the share of their time that is reading. */
  readonly readers: { readonly statements: readonly string[]; readonly readShare: number | null };
  /** Most read first. */
  readonly tables: readonly TableMisses[];
}

export function missesOf(
  databases: readonly With<'database', 'blocksRead' | 'blocksHit'>[],
  snapshot: Snapshot,
): Misses {
  const read = databases.reduce((sum, row) => sum + row.blocksRead, 0);
  const blocks = databases.reduce((sum, row) => sum + row.blocksRead + row.blocksHit, 0);
  const all = snapshot.statements.filter((row) => row.totalTimeMs !== undefined);
  const timed = readsWereTimed(snapshot);
  const worst = all
    .filter((row) => (row.sharedBlocksRead ?? 0) > 0)
    .sort((a, b) => (b.sharedBlocksRead ?? 0) - (a.sharedBlocksRead ?? 0) || (a.statement < b.statement ? -1 : 1))
    .slice(0, MOST_STATEMENTS);
  const shareOf = (rows: typeof all) => {
    const total = rows.reduce((sum, row) => sum + (row.totalTimeMs ?? 0), 0);
    const reading = rows.reduce((sum, row) => sum + (row.blockReadTimeMs ?? 0), 0);
    return timed && total > 0 ? Math.min(1, reading / total) : null;
  };
  return {
    blocks,
    read,
    hitRatio: blocks > 0 ? 1 - read / blocks : null,
    readTimeShare: shareOf(all),
    readers: { statements: [...new Set(worst.map((row) => row.statement))], readShare: shareOf(worst) },
    tables: snapshot.tables.flatMap((row) => tableMisses(row, read, snapshot)).sort(mostRead),
  };
}

/** With track_io_timing off the counter exists and stays zero; zero means something only where it is known to be on. */
export function readsWereTimed({ server, statements }: Snapshot): boolean {
  const timing = server.settings.track_io_timing?.value;
  const rows = statements.filter((row) => row.totalTimeMs !== undefined && row.blockReadTimeMs !== undefined);
  return timing === true ? rows.length > 0 : timing !== false && rows.some((row) => (row.blockReadTimeMs ?? 0) > 0);
}

function tableMisses(row: TableRow, allRead: number, { server }: Snapshot): readonly TableMisses[] {
  if (row.heapBlocksRead === undefined || row.heapBlocksHit === undefined) return [];
  const blocks = row.heapBlocksRead + row.heapBlocksHit;
  if (blocks <= 0) return [];
  const known = row.sequentialRowsRead !== undefined && row.heapBytes !== undefined && (row.liveRows ?? 0) > 0;
  const scans = known ? (row.sequentialRowsRead ?? 0) / (row.liveRows ?? 1) : 0;
  return [
    {
      row,
      blocks,
      read: row.heapBlocksRead,
      hitRatio: row.heapBlocksHit / blocks,
      shareOfReads: allRead > 0 ? Math.min(1, row.heapBlocksRead / allRead) : 0,
      scanned: known ? Math.min(1, (scans * (row.heapBytes ?? 0)) / (server.blockSizeBytes ?? 8192) / blocks) : null,
    },
  ];
}

function mostRead(a: TableMisses, b: TableMisses): number {
  const name = ({ row }: TableMisses) => JSON.stringify([row.database, row.schema, row.table]);
  return b.read - a.read || (name(a) < name(b) ? -1 : 1);
}

const TIMING_STEP = {
  text: 'Switch track_io_timing on, where it is off, and look at blk_read_time of the statements that read most: only time tells disk from the operating system’s cache.',
  sql: 'SHOW track_io_timing;',
  inTransaction: true,
} as const;

/** One decision for the server; the tables that miss most are its evidence. */
export function missesFinding(misses: Misses, worst: readonly TableMisses[], snapshot: Snapshot): Finding {
  const { server, hosts } = snapshot;
  const current = numberOf(server, SETTING);
  const memory = hosts.length === 1 ? hosts[0]?.memoryBytes : undefined;
  const small = memory !== undefined && current !== undefined && current < SMALL_BUFFERS * memory;
  const size = memory === undefined ? 0 : Math.floor((GOOD_BUFFERS * memory) / GIB);
  const cold = misses.hitRatio !== null && misses.hitRatio < SERVER_HIT;
  // Aurora fills its buffers by other rules, and leaves no cache to the operating system.
  const resize =
    cold &&
    small &&
    size >= 1 &&
    server.platform !== 'aurora' &&
    !waitsForRestart(server, SETTING) &&
    misses.readTimeShare !== null &&
    !worst.some((table) => byScans(table));
  const change = resize ? changeSetting(server, SETTING, `${size}GB`, true) : null;
  return {
    ...common(misses, change !== null),
    subject: { setting: SETTING },
    title: resize ? `Raise ${SETTING} to ${size}GB` : titleOf(worst),
    evidence: [
      ...serverEvidence(misses),
      ...worst.map(tableEvidence),
      current === undefined
        ? { label: SETTING, value: 'not seen', source: 'pg_settings' }
        : { label: SETTING, value: current, unit: 'bytes', source: 'pg_settings' },
      memory === undefined
        ? { label: 'Memory of the host', value: 'not measured here', source: 'node_exporter' }
        : { label: 'Memory of the host', value: memory, unit: 'bytes', source: 'node_exporter' },
    ],
    approach: [
      resize
        ? `Shared buffers are ${percent((current ?? 0) / (memory ?? 1))} of the host’s memory and reads take ${percent(misses.readTimeShare ?? 0)} of the statements’ time. A quarter of the memory is the manual’s starting point on a server that runs PostgreSQL alone; look first whether an index would make the reads needless.`
        : `${percent(misses.hitRatio ?? 0)} of the blocks were found in shared buffers. Look at the statements that read most: a missing index or a large scan is more often the reason than too little memory.`,
      ...scanWords(worst),
      ...(memory === undefined ? ['No size is proposed, because the host’s memory is not known.'] : []),
    ].join(' '),
    work: resize ? 'change-setting' : 'investigate',
    risk: {
      level: resize ? 'medium' : 'low',
      technical: resize
        ? 'The restart ends all connections. Too large a value fails at the start for want of memory.'
        : 'Looking changes nothing.',
      business: resize
        ? 'Seconds to minutes without the database.'
        : 'Users notice nothing of the look; reads stay as slow as they are.',
      performance: resize
        ? 'After the restart the cache is cold: slower reads for minutes to an hour.'
        : 'Reading counters costs the server next to nothing.',
      mitigation: resize
        ? 'Restart in a quiet hour, with memory to spare for connections and work_mem.'
        : 'Nothing is changed by looking, so nothing has to be guarded against.',
      rollback: change?.rollback ?? [],
    },
    steps: [
      TIMING_STEP,
      ...(change?.steps ?? [
        {
          text: `Examine the plans of the statements that read most blocks${worst.length === 0 ? '' : ` of ${listed(worst.map(nameOf))}`}, and give them indexes where scans are the reason.`,
        },
      ]),
    ],
    maintenanceWindow: change?.maintenanceWindow ?? 'none needed',
    acceptance: 'The share of statement time spent reading falls, not only the hit ratio',
    done: change === null ? { kind: 'measure-moved' } : doneSign(server, SETTING),
  };
}

const NAMED = 2;

function titleOf(worst: readonly TableMisses[]): string {
  if (worst.length === 0) return 'Find out which reads miss the buffer cache, and why';
  const names = worst.map(nameOf);
  const shown = names.length > NAMED + 1 ? [...names.slice(0, NAMED), `${names.length - NAMED} more tables`] : names;
  return `Find out why ${listed(shown)} ${names.length === 1 ? 'is' : 'are'} read from outside the buffer cache`;
}

function nameOf({ row }: TableMisses): string {
  return `${row.schema}.${row.table}`;
}

function byScans({ scanned }: TableMisses): boolean {
  return scanned !== null && scanned >= 0.5;
}

function scanWords(worst: readonly TableMisses[]): readonly string[] {
  const scanned = worst.filter(byScans).map(nameOf);
  if (scanned.length === 0) return [];
  return [
    `Whole-table scans explain most of the accesses to ${listed(scanned)}: look for the statement, report or dump that scans; an index or another hour helps, memory does not.`,
  ];
}

function tableEvidence(table: TableMisses): Evidence {
  const { row, hitRatio, shareOfReads, scanned } = table;
  const facts = [
    `hit ratio ${percent(hitRatio)}`,
    ...(scanned === null ? [] : [`scans explain ${percent(scanned)} of the accesses`]),
    ...(row.heapBytes === undefined ? [] : [bytes(row.heapBytes)]),
  ];
  return {
    label: `Reads of ${nameOf(table)}, of all`,
    value: `${percent(shareOfReads)}; ${facts.join(', ')}`,
    source: 'pg_statio_user_tables.heap_blks_*, pg_stat_user_tables.seq_tup_read',
  };
}

function common({ readers, readTimeShare }: Misses, resize: boolean): { benefit: FindingBenefit; gain: Gain } {
  const gain: Gain = { kind: 'statement-time', statements: readers.statements };
  if (!resize || readers.readShare === null || readTimeShare === null || readers.statements.length === 0) {
    const basis =
      'What can be saved is not measured here: it takes the read time of the statements concerned and their plans.';
    return { gain, benefit: { kind: 'risk', basis, confidence: readTimeShare === null ? 'low' : 'medium' } };
  }
  const { readShare } = readers;
  const basis = `Reading takes ${percent(readShare)} of the time of the statements that read most. At best half of it can go, at worst nothing; a quarter is taken as likely, without a model behind it.`;
  const reduces = { low: 0, likely: readShare / 4, high: readShare / 2 };
  return { gain, benefit: { kind: 'time', statements: readers.statements, reduces, basis, confidence: 'low' } };
}

function serverEvidence({ hitRatio, read, blocks, readTimeShare }: Misses): readonly Evidence[] {
  return [
    { label: 'Hit ratio', value: hitRatio ?? 0, unit: 'share', source: 'pg_stat_database.blks_*' },
    { label: 'Blocks read', value: read, unit: 'blocks', source: 'pg_stat_database.blks_read' },
    { label: 'Blocks accessed', value: blocks, unit: 'blocks', source: 'pg_stat_database' },
    readTimeShare === null
      ? { label: 'Share of statement time spent reading', value: 'not measured here', source: 'track_io_timing' }
      : {
          label: 'Share of statement time spent reading',
          value: readTimeShare,
          unit: 'share',
          source: 'pg_stat_statements, block read time',
        },
  ];
}
