/**
 * What can be known about each kind of row, as data. `counter`: the increase over the row kind's span (Snapshot.spans);
 * `gauge`: the value at the end of the window; `average` and `peak`: over the window where a source keeps history,
 * else the value at its end. Names are PostgreSQL's own notions in camel case; units are canonical (units.ts).
 */
import type { Measures } from './measure.ts';
import { databaseMeasures, serverMeasures } from './server-measures.ts';
import { statementMeasures } from './statement-measures.ts';
import { indexMeasures, tableMeasures } from './table-measures.ts';

export const hostMeasures = {
  cpuCount: { unit: 'count', over: 'gauge', meaning: 'logical processors' },
  cpuBusyShare: { unit: 'share', over: 'average', meaning: 'time not idle' },
  memoryBytes: { unit: 'bytes', over: 'gauge', meaning: 'physical memory' },
  memoryAvailableBytes: {
    unit: 'bytes',
    over: 'average',
    meaning: 'memory that programs can still get: MemAvailable, FreeableMemory',
  },
  diskBytes: { unit: 'bytes', over: 'gauge', meaning: 'size of the file system of the data directory' },
  diskFreeBytes: { unit: 'bytes', over: 'gauge', meaning: 'free space of the data directory' },
  readIops: { unit: 'count', over: 'average', meaning: 'reads a second of all disks' },
  writeIops: { unit: 'count', over: 'average', meaning: 'writes a second of all disks' },
  diskQueue: { unit: 'count', over: 'average', meaning: 'requests that wait for a disk or are served by it' },
  readLatencyMs: { unit: 'ms', over: 'average', meaning: 'time of one read, waiting included' },
  writeLatencyMs: { unit: 'ms', over: 'average', meaning: 'time of one write, waiting included' },
  temporaryFreeBytes: { unit: 'bytes', over: 'trough', meaning: 'free local storage for temporary files (Aurora)' },
  clusterVolumeBytes: { unit: 'bytes', over: 'gauge', meaning: 'storage that all of the cluster uses (Aurora)' },
  diskCreditShare: { unit: 'share', over: 'trough', meaning: 'least I/O credits of volume or instance left (RDS)' },
} as const satisfies Measures;

/** Only some machines of a cloud have these: elsewhere their absence is no gap. */
export const cloudMeasures: readonly string[] = ['temporaryFreeBytes', 'clusterVolumeBytes', 'diskCreditShare'];

export const measures = {
  server: serverMeasures,
  database: databaseMeasures,
  table: tableMeasures,
  index: indexMeasures,
  statement: statementMeasures,
  host: hostMeasures,
} as const;

export type RowKind = keyof typeof measures;
export type MeasureOf<Kind extends RowKind> = keyof (typeof measures)[Kind];
/** The numbers of one row: each present or honestly absent, never a stand-in. */
export type Measured<Kind extends RowKind> = { readonly [M in MeasureOf<Kind>]?: number };
