import type { Finding } from '../../model/finding.ts';
import type { IndexRow } from '../../model/rows.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { type Context, defineAdvisor, type With } from '../advisor.ts';
import { indexesOf, statementsNaming } from '../lookup.ts';
import { plural } from '../words.ts';
import { buildAgain, doneWhenDropped, dropStep, scansEvidence, sizeEvidence, spaceOf, usageStep } from './drop.ts';
import { NO_DEFINITIONS } from './duplicate-indexes.ts';
import { isComparable, redundancies } from './redundant.ts';
import { isForeignObject, servesForeignKey, tableOf } from './shape.ts';

const DAY = 24 * 3600;
/** A business cycle: month-end jobs run once in it. */
const AGE_FLOOR_SECONDS = 35 * DAY;
const SIZE_FLOOR_BYTES = 10 * 1024 ** 2;

type Sized = With<'index', 'sizeBytes'>;

export const unusedIndexes = defineAdvisor({
  card: {
    id: 'unused-indexes',
    area: 'index',
    title: 'Indexes that nobody reads',
    clear: 'Every index of noticeable size was read in the time the statistics cover, or guards a rule.',
    why: 'An index that is never read still costs space, memory and work at every write, and keeps updates from being HOT.',
    source: 'PostgreSQL manual, 27.2 The cumulative statistics system, pg_stat_all_indexes',
    thresholds: [
      { name: 'time without a scan', value: '≥ 35 days', reason: 'a month-end job must have had its chance' },
      { name: 'size', value: '≥ 10 MiB', reason: 'below it the saving is nil' },
    ],
  },
  needs: { index: ['sizeBytes'] },
  advise({ index: rows }, context) {
    const { snapshot } = context;
    if (snapshot.server.role === 'standby') {
      return {
        findings: [],
        examined: 0,
        blind:
          'This is a standby: it counts its own scans only. Judge the indexes on the primary, with the standbys at hand.',
      };
    }
    const known = rows.filter((index) => index.definition !== undefined && index.keys !== undefined);
    if (known.length === 0) return { findings: [], examined: 0, blind: NO_DEFINITIONS };
    const age = snapshot.quality.statisticsAgeSeconds;
    const all = known.filter((index) => index.scansSinceReset !== undefined || index.lastScanAt !== undefined);
    const hidden = (snapshot.nodes ?? []).filter(({ main, scansSeen }) => !main && !scansSeen).map(({ name }) => name);
    // What a standby nobody sees may read every minute cannot be called unread.
    const counted = all.filter((index) => !mayBeReadElsewhere(index, snapshot));
    if (all.length > 0 && counted.length === 0) return { findings: [], examined: 0, blind: whyNotSeen(hidden) };
    const judged = counted.filter((index) => unusedSeconds(index, snapshot) !== null);
    if (judged.length === 0) return { findings: [], examined: 0, blind: whyTooYoung(age, counted.length, snapshot) };
    const idle = judged.filter(
      (index) => index.sizeBytes >= SIZE_FLOOR_BYTES && (unusedSeconds(index, snapshot) ?? 0) >= AGE_FLOOR_SECONDS,
    );
    // What stands in for an index that another advisor drops must not go as well.
    const keepers = new Set(redundancies(snapshot.indexes.filter(isComparable)).map(({ keeper }) => keeper));
    const free = idle.filter((index) => !keepers.has(index) && isFree(index, context));
    const expressions = free.filter((index) => index.keys?.some((key) => key.expression));
    const drops = free.filter((index) => !expressions.includes(index));
    return {
      findings: drops.map((index) => finding(index, context)),
      examined: judged.length,
      caveats: caveats(snapshot, expressions, counted.length - judged.length),
    };
  },
});

/** Seconds since the last scan that anybody can vouch for; null when the statistics, or the index, are too young to say. */
function unusedSeconds(index: IndexRow, { takenAt, quality }: Snapshot): number | null {
  const now = Date.parse(takenAt) / 1000;
  if ((index.scansOnStandbys ?? 0) > 0) return 0;
  if (index.lastScanAt !== undefined) return now - index.lastScanAt;
  if (index.scansSinceReset !== undefined && index.scansSinceReset > 0) return 0;
  if ((index.scans ?? 0) > 0) return 0;
  const age = Math.min(quality.statisticsAgeSeconds ?? 0, now - (index.firstSeenAt ?? 0));
  return age >= AGE_FLOOR_SECONDS ? age : null;
}

/** Only where standbys are known; of others the finding itself says that they have to be looked at. */
function mayBeReadElsewhere(index: IndexRow, { nodes = [] }: Snapshot): boolean {
  return nodes.some(({ main }) => !main) && index.scansOnStandbys === undefined;
}

function whyNotSeen(names: readonly string[]): string {
  const where = names.length === 0 ? 'its standbys' : `the standby ${names.join(', ')}`;
  return `How often indexes are read on ${where} is not known, and an index that is idle here may be the busy one there. Let Prometheus scrape index statistics of every node.`;
}

function whyTooYoung(age: number | null, counted: number, { takenAt }: Snapshot): string {
  if (counted === 0)
    return 'Scans since the statistics began were not seen for any index. Connect to PostgreSQL: pg_stat_user_indexes has them.';
  if (age === null)
    return 'It is not known since when the statistics count, so no index can be called unused. Connect to PostgreSQL: pg_stat_database has stats_reset.';
  const left = AGE_FLOOR_SECONDS - age;
  const day = new Date(Date.parse(takenAt) + left * 1000).toISOString().slice(0, 10);
  return `The statistics are ${plural(Math.floor(age / DAY), 'day')} old, and 35 are needed to call an index unused. Do not reset them; from ${day} on it can be judged.`;
}

/** No rule, no replication, no other object and no statement depends on it. A flag that was not seen counts as set. */
function isFree(index: Sized, { snapshot, parse }: Context): boolean {
  const rule =
    index.unique !== false ||
    index.primary !== false ||
    index.constraint !== undefined ||
    index.referencedByForeignKey !== false ||
    index.replicaIdentity !== false ||
    index.clustered !== false;
  if (rule || index.valid !== true || index.ready === false) return false;
  if (index.partitioned === true || index.partitionOf !== undefined || isForeignObject(index)) return false;
  const table = tableOf(index, snapshot.tables);
  if (table?.foreignKeys === undefined || table.extension !== undefined) return false;
  const others = indexesOf(snapshot.indexes, index).filter(
    (other) => other.index !== index.index && (unusedSeconds(other, snapshot) ?? 0) < AGE_FLOOR_SECONDS, // two idle ones must not vouch for each other
  );
  const isOnlyOneFor = table.foreignKeys.some(
    ({ columns }) => servesForeignKey(index, columns) && !others.some((other) => servesForeignKey(other, columns)),
  );
  const { database, index: name } = index;
  // Outside quotation marks a name of other signs is several words.
  const texts = /^\w+$/.test(name)
    ? statementsNaming(snapshot.statements, { database, table: name })
    : snapshot.statements;
  return !isOnlyOneFor && !texts.some(({ text }) => text !== undefined && names(text, index, parse));
}

/** Hints, CLUSTER and repack tools call an index by its name. */
function names(text: string, { index }: IndexRow, parse: Context['parse']): boolean {
  const at = text.indexOf(index);
  if (at < 0) return false;
  const around = `${text[at - 1] ?? ' '}${text[at + index.length] ?? ' '}`;
  if (/\w/.test(around)) return false;
  // Who built it does not depend on it, and a table or column of the same name is no mention of the index.
  if (/^\s*create\b/i.test(text)) return false;
  const parsed = parse(text);
  return parsed === null || parsed.kind === 'utility' || /\/\*\+/.test(text);
}

function caveats(snapshot: Snapshot, expressions: readonly IndexRow[], young: number): readonly string[] {
  const all = [
    snapshot.nodes === undefined
      ? 'Scans on standbys and read replicas are counted there and were not seen here: every index named is a candidate until they were checked.'
      : `Scans were added up over ${snapshot.nodes.map(({ name }) => name).join(', ')}; a standby that is none of these was not seen.`,
    expressions.length > 0
      ? `${plural(expressions.length, 'unread index', 'unread indexes')} on expressions stay: even unread, an expression index gives the planner statistics that only CREATE STATISTICS could replace.`
      : null,
    young > 0
      ? `${plural(young, 'index', 'indexes')} could not be judged: the statistics are younger than 35 days.`
      : null,
    snapshot.gaps.some((gap) => gap.kind === 'index' && gap.absence === 'truncated')
      ? 'The list of indexes was cut by its source; those that are missing were not judged.'
      : null,
  ];
  return all.filter((caveat) => caveat !== null);
}

function finding(index: Sized, { snapshot }: Context): Finding {
  const days = Math.floor((unusedSeconds(index, snapshot) ?? 0) / DAY);
  const { versionNum } = snapshot.server;
  return {
    subject: { database: index.database, schema: index.schema, table: index.table, index: index.index },
    title: `Drop index ${index.index} on ${index.schema}.${index.table}, unread on this server`,
    evidence: [
      { label: 'Definition', value: index.definition ?? index.index, source: 'pg_get_indexdef' },
      {
        label: 'Time without a scan',
        value: days * DAY,
        unit: 's',
        source: index.lastScanAt === undefined ? 'pg_stat_database.stats_reset' : 'pg_stat_user_indexes.last_idx_scan',
      },
      ...scansEvidence(index),
      ...(index.scansOnStandbys === undefined
        ? []
        : [
            {
              label: 'Scans on the standbys',
              value: index.scansOnStandbys,
              unit: 'count' as const,
              source: 'pg_stat_user_indexes.idx_scan on each',
            },
          ]),
      ...sizeEvidence(index),
    ],
    approach: `Nothing has read it here for ${plural(days, 'day')}, and it guards no rule. It is a candidate, check the standbys: an index read only there shows no scan here. Also ask for jobs that run less than monthly, and whether it is newer than the statistics.`,
    benefit: spaceOf(index, 'No statement on this server reads it.'),
    work: 'drop-index',
    machineMinutes: 1,
    risk: {
      level: 'medium',
      technical: 'A standby, a rare job or a new release may need it, and the planner falls back to a sequential scan.',
      business: 'A quarterly or yearly job could take far longer than planned.',
      performance: 'Writes get lighter; what read the index, if anything, gets slower until it is built again.',
      mitigation:
        'Check every standby, ask the owners of rare jobs, keep the definition, and watch sequential scans of the table for a month.',
      rollback: index.definition === undefined ? [] : [buildAgain(index.definition)],
    },
    steps: [
      usageStep(index, versionNum),
      {
        sql: 'SELECT application_name, client_addr, state FROM pg_stat_replication;',
        text: 'Find the standbys. Aurora readers and logical subscribers are not in this list: look them up in the console.',
        inTransaction: true,
      },
      dropStep(index),
    ],
    maintenanceWindow: 'none needed',
    acceptance: `${index.index} is gone, and sequential scans of ${index.schema}.${index.table} have not risen over a month`,
    done: doneWhenDropped(index),
    gain: { kind: 'object-gone' },
  };
}
