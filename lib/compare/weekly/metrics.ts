/** What is followed week by week of tables, indexes, databases and the server, with the test that fits it. */
import type { Regression } from '../../model/regression.ts';

export type Kind = 'server' | 'database' | 'table' | 'index';
type Measures = Readonly<Record<string, number>>;

export interface Metric {
  /** Begins the finding's key. */
  readonly id: string;
  readonly kind: Kind;
  readonly label: string;
  readonly unit: Regression['unit'];
  /** Of the main measure, as the catalog of measures names it. */
  readonly measure: string;
  /** `step`: a level that moved; `growth`: a size that grows faster than it did. */
  readonly test: 'step' | 'growth';
  /** 1: more is worse. */
  readonly direction: 1 | -1;
  /** Log points; smaller steps are everyday. */
  readonly least: number;
  /** What is told without waiting for a second week; absent: nothing, as one batch a month doubles most things. */
  readonly urgent?: number;
  /** Rises with traffic by right. */
  readonly followsTraffic: boolean;
  /** null: not known. `weeks`: length of the span, null for what is no counter. */
  readonly value: (measures: Measures, weeks: number | null) => number | null;
  /** Worth a line: in the metric's own unit, both weekly. */
  readonly worth: (now: number, before: number, measures: Measures) => boolean;
  /** After the name: `Table orders` + these words. */
  readonly words: (ratio: string) => string;
}

const GIB = 1024 ** 3;

const perWeek =
  (...names: readonly string[]) =>
  (measures: Measures, weeks: number | null): number | null => {
    const known = names.flatMap((name) => measures[name] ?? []);
    return weeks === null || known.length < names.length ? null : known.reduce((sum, value) => sum + value, 0) / weeks;
  };
const level =
  (name: string) =>
  (measures: Measures): number | null =>
    measures[name] ?? null;

/** Of blocks asked for the share not found in shared buffers; of a handful it says nothing. */
const missShare =
  (hit: readonly string[], read: readonly string[]) =>
  (measures: Measures, weeks: number | null): number | null => {
    const sum = (names: readonly string[]) => names.reduce((all, name) => all + (measures[name] ?? Number.NaN), 0);
    const [hits, reads] = [sum(hit), sum(read)];
    return weeks !== null && hits + reads >= 100_000 ? (reads + 1) / (hits + reads) : null;
  };

/** One block in a hundred missed, and as much more as eight gibibytes a week. */
const missesCount =
  (hit: string, read: string) =>
  (now: number, before: number, measures: Measures): boolean =>
    now >= 0.01 && (now - before) * ((measures[hit] ?? 0) + (measures[read] ?? 0)) >= 1_000_000;

export const METRICS: readonly Metric[] = [
  {
    ...{ id: 'wal-rate', label: 'WAL', kind: 'server', unit: 'bytes', measure: 'walBytes', test: 'step', direction: 1 },
    ...{ least: Math.log(1.3), followsTraffic: true, value: perWeek('walBytes') },
    worth: (now, before) => now - before >= 10 * GIB,
    words: (ratio) => `writes ${ratio} the WAL a week`,
  },
  {
    ...{
      id: 'checkpoint-rate',
      label: 'Requested checkpoints',
      kind: 'server',
      unit: 'count',
      measure: 'checkpointsRequested',
      test: 'step',
    },
    ...{ direction: 1, least: Math.log(1.5), followsTraffic: true, value: perWeek('checkpointsRequested') },
    worth: (now, before) => now - before >= 100,
    words: (ratio) => `is asked for ${ratio} the checkpoints a week`,
  },
  {
    ...{
      id: 'connections',
      label: 'Connections at the peak',
      kind: 'server',
      unit: 'count',
      measure: 'connectionsPeak',
      test: 'step',
      direction: 1,
    },
    ...{ least: Math.log(1.3), followsTraffic: false, value: level('connectionsPeak') },
    worth: (now, before, { maxConnections = Number.POSITIVE_INFINITY }) =>
      now - before >= 10 && now >= maxConnections / 2,
    words: (ratio) => `has ${ratio} the connections at its peak`,
  },
  {
    ...{
      id: 'cache-misses',
      label: 'Share of blocks not in the cache',
      kind: 'database',
      unit: 'share',
      measure: 'blocksRead',
      test: 'step',
      direction: 1,
    },
    ...{ least: Math.log(1.2), followsTraffic: false, value: missShare(['blocksHit'], ['blocksRead']) },
    worth: missesCount('blocksHit', 'blocksRead'),
    words: (ratio) => `misses the cache ${ratio} as often`,
  },
  {
    ...{
      id: 'temp-spill',
      label: 'Temporary files',
      kind: 'database',
      unit: 'bytes',
      measure: 'tempBytes',
      test: 'step',
      direction: 1,
    },
    ...{ least: Math.log(2), followsTraffic: true, value: perWeek('tempBytes') },
    worth: (now, before) => now - before >= 10 * GIB,
    words: (ratio) => `spills ${ratio} the bytes into temporary files a week`,
  },
  {
    ...{
      id: 'table-cache-misses',
      label: 'Share of blocks not in the cache',
      kind: 'table',
      unit: 'share',
      measure: 'heapBlocksRead',
      test: 'step',
      direction: 1,
    },
    ...{ least: Math.log(1.2), followsTraffic: false, value: missShare(['heapBlocksHit'], ['heapBlocksRead']) },
    worth: missesCount('heapBlocksHit', 'heapBlocksRead'),
    words: (ratio) => `is missed in the cache ${ratio} as often`,
  },
  {
    ...{
      id: 'sequential-reads',
      label: 'Rows read by sequential scans',
      kind: 'table',
      unit: 'rows',
      measure: 'sequentialRowsRead',
      test: 'step',
      direction: 1,
    },
    ...{ least: Math.log(2), urgent: Math.log(40), followsTraffic: true, value: perWeek('sequentialRowsRead') },
    worth: (now, before, { liveRows = 0 }) => now - before >= 100_000_000 && liveRows >= 10_000,
    words: (ratio) => `has ${ratio} the rows read by sequential scans a week`,
  },
  {
    ...{
      id: 'dead-rows',
      label: 'Dead rows',
      kind: 'table',
      unit: 'rows',
      measure: 'deadRows',
      test: 'step',
      direction: 1,
    },
    ...{ least: Math.log(2), followsTraffic: false, value: level('deadRows') },
    worth: (now, _, { liveRows = 0 }) => now >= 100_000 && now >= 0.2 * liveRows,
    words: (ratio) => `holds ${ratio} the dead rows`,
  },
  {
    ...{
      id: 'growth',
      label: 'Growth a week',
      kind: 'table',
      unit: 'bytes',
      measure: 'totalBytes',
      test: 'growth',
      direction: 1,
    },
    ...{ least: Math.log(3), followsTraffic: true },
    value: ({ totalBytes, heapBytes, indexBytes }) =>
      totalBytes ?? (heapBytes === undefined ? null : heapBytes + (indexBytes ?? 0)),
    worth: (now, before) => now - before >= GIB,
    words: (ratio) => `grows ${ratio} as fast`,
  },
  {
    ...{
      id: 'index-scans',
      label: 'Scans',
      kind: 'index',
      unit: 'count',
      measure: 'scans',
      test: 'step',
      direction: -1,
    },
    ...{ least: Math.log(20), urgent: Math.log(20), followsTraffic: true, value: perWeek('scans') },
    worth: (_, before) => before >= 1_000,
    words: () => 'is hardly scanned any more',
  },
];
