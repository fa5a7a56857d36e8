/** A regression in words and numbers: title, cause, facts, severity, and our own advice that may be to blame. */
import type { Past } from '../model/changes.ts';
import { keyPart } from '../model/finding.ts';
import type { HistoryFinding } from '../model/history.ts';
import type { Regression } from '../model/regression.ts';
import type { StatementRow, TableRow } from '../model/rows.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { causesOf, type Effect } from './attribution.ts';
import type { Control } from './control.ts';
import type { Load } from './loads.ts';
import { beside, meanwhile } from './meanwhile.ts';
import type { Week } from './week.ts';
import { byHowMuch, percent, round, slower, statementName, tablesNamed } from './words.ts';

type Severity = Regression['severity'];

export interface Described {
  readonly kind: 'mean-time' | 'load';
  readonly now: Load;
  readonly before: Load;
  readonly change: Regression['change'];
  readonly effects: readonly Effect[];
  readonly cost: number;
  /** End of the run that it is held against. */
  readonly end: string;
}

export interface Describe {
  readonly title: (key: string, load: Load | null, ratio: number) => string;
  /** Of one that is as it was before: this week, or for good. */
  readonly calm: (key: string, load: Load | null, over: boolean) => string;
  readonly regression: (found: Described) => Regression;
  readonly newcomer: (load: Load, cost: number) => Regression;
  /** `database`: one of them; without it the whole server. */
  readonly wide: (found: {
    readonly control: Control;
    readonly before: number;
    readonly now: number;
    readonly cost: number;
    readonly end: string;
    readonly database?: string;
  }) => Regression;
  /** Rows in the statement's tables now ÷ in the run that ended then; null when not known. */
  readonly growth: (load: Load, end: string) => number | null;
}

interface Surroundings {
  readonly snapshot: Snapshot;
  readonly week: Week;
  readonly past: Past;
  readonly carriedOut: readonly HistoryFinding[];
}

export const WIDE_KEY = 'mean-time:server';
const DATABASE_KEY = 'database-time:';

export function databaseKey(database: string): string {
  return `${DATABASE_KEY}${keyPart(database)}`;
}

/** Of no statement: everything at once. */
export function isWide(key: string): boolean {
  return key === WIDE_KEY || key.startsWith(DATABASE_KEY);
}

function wideName(key: string): string {
  return key === WIDE_KEY ? 'The whole server' : `All of ${decodeURIComponent(key.slice(DATABASE_KEY.length))}`;
}

export function describer({ snapshot, week, past, carriedOut }: Surroundings): Describe {
  const rows = new Map(snapshot.statements.map((row) => [`${row.database}/${row.statement}`, row]));
  const since = snapshot.window.end;
  const about = (load: Load) => {
    const row: StatementRow = rows.get(`${load.database}/${load.statement}`) ?? {
      database: load.database,
      statement: load.statement,
      queryid: load.queryids[0] ?? '',
    };
    const tables = tablesNamed(row, snapshot.tables);
    return { name: statementName(row, snapshot.tables), tables, subject: subjectOf(row, tables), ...textOf(row) };
  };
  const nameOf = (key: string, load: Load | null): string => (load === null ? wideName(key) : about(load).name);
  const title: Describe['title'] = (key, load, ratio) => {
    const name = nameOf(key, load);
    return key.startsWith('load:')
      ? `${name} takes ${byHowMuch(ratio, 'more time')} a week`
      : `${name} is ${slower(ratio)} per call`;
  };
  const runThat = (end: string) =>
    [past.previous, past.pinned, ...past.recent].find((one) => one?.window.end === end) ?? null;
  const cost = (ms: number) => ({ costMsPerWeek: ms, shareOfDbTime: shareOf(ms, week) });

  return {
    title,
    calm: (key, load, over) => {
      const again = key.startsWith('load:') ? 'takes no more time than before' : 'is as fast as before again';
      return `${nameOf(key, load)} ${again}${over ? '' : ' this week; over when the next is calm, too'}`;
    },
    regression({ kind, now, before, change, effects, cost: ms, end }) {
      const { name: _, tables, subject, ...text } = about(now);
      const load = kind === 'load';
      const watch = !load && change.low === null;
      const key = `${kind}:${now.key}`;
      return {
        key,
        title: title(key, now, 1 + change.estimate),
        subject,
        measure: load ? 'totalTimeMs' : 'meanTimeMs',
        unit: load ? 'ms/week' : 'ms/call',
        before: load ? before.totalTimeMs / before.weeks : before.meanMs,
        now: load ? now.totalTimeMs / now.weeks : now.meanMs,
        change,
        cause: beside(causesOf(effects), meanwhile(runThat(end), snapshot, tables)),
        ...cost(ms),
        severity: severityOf(shareOf(ms, week), { certain: (change.low ?? 0) > 1, watch }),
        since,
        status: 'new',
        facts: factsOf(before, now),
        ...text,
        ...suspectOf(now, tables, carriedOut),
      };
    },

    newcomer(load, ms) {
      const { name, tables, subject, ...text } = about(load);
      const share = shareOf(ms, week);
      const whole = percent(load.totalTimeMs / load.weeks / (week.databaseTimeMsPerWeek ?? Number.NaN));
      return {
        key: `new-statement:${load.key}`,
        title: `${name} is new and takes ${whole} of database time`,
        subject,
        measure: 'totalTimeMs',
        unit: 'ms/week',
        before: 0,
        now: load.totalTimeMs / load.weeks,
        // Relative to nothing there is no number; 1 says that all of it is increase.
        change: { estimate: 1, low: null, high: null },
        cause: [{ kind: 'new-statement', share: 1, text: 'it was not called before' }],
        ...cost(ms),
        severity: severityOf(share, { certain: false, watch: false }),
        since,
        status: 'new',
        facts: factsOf(null, load),
        ...text,
        ...suspectOf(load, tables, carriedOut),
      };
    },

    wide({ control, before, now, cost: ms, end, database }) {
      const key = database === undefined ? WIDE_KEY : databaseKey(database);
      const suspect = carriedOut.find(({ done }) => done.kind === 'setting-changed');
      const ratio = Math.exp(control.log);
      return {
        key,
        title: title(key, null, ratio),
        subject: database === undefined ? {} : { database },
        measure: 'meanTimeMs',
        unit: 'ms/call',
        before,
        now,
        change: { estimate: ratio - 1, low: Math.exp(control.low) - 1, high: Math.exp(control.high) - 1 },
        cause: beside(
          [
            {
              kind: 'unknown',
              share: 1,
              text: `the median of ${round(control.statements)} statements moved, so the reason lies outside any one of them`,
            },
          ],
          meanwhile(runThat(end), snapshot),
        ),
        ...cost(ms),
        severity: severityOf(shareOf(ms, week), { certain: control.low > Math.log(2), watch: false }),
        since,
        status: 'new',
        facts: [{ label: 'Mean time', unit: 'ms/call', before, now }],
        ...(suspect === undefined ? {} : { suspect: accused(suspect) }),
      };
    },

    growth(load, end) {
      const history = runThat(end);
      const grown = about(load).tables.flatMap(({ database, schema, table, liveRows }) => {
        const then = history?.tables.find((t) => t.database === database && t.schema === schema && t.table === table);
        const before = then?.measures.liveRows;
        return before === undefined || before <= 0 || liveRows === undefined ? [] : [liveRows / before];
      });
      return grown.length === 0 ? null : Math.max(...grown);
    },
  };
}

/** Of the cost in database time; one step down without an interval, one up when it surely doubled. */
export function severityOf(share: number | null, { certain, watch }: { certain: boolean; watch: boolean }): Severity {
  const steps: readonly Severity[] = ['low', 'medium', 'high', 'critical'];
  const cut = share ?? 0;
  const base = cut >= 0.1 ? 3 : cut >= 0.03 ? 2 : cut >= 0.005 ? 1 : 0;
  return steps[Math.min(3, Math.max(0, base + (certain ? 1 : 0) - (watch ? 1 : 0)))] ?? 'low';
}

export function shareOf(ms: number, week: Week): number | null {
  const all = week.databaseTimeMsPerWeek;
  return all === null || all <= 0 ? null : Math.min(1, Math.max(0, ms / all));
}

export function factsOf(before: Load | null, now: Load): Regression['facts'] {
  return [
    { label: 'Mean time', unit: 'ms/call', before: before?.meanMs ?? null, now: now.meanMs },
    {
      label: 'Calls',
      unit: 'calls/week',
      before: before === null ? null : before.calls / before.weeks,
      now: now.calls / now.weeks,
    },
    { label: 'Rows', unit: 'rows/call', before: before?.rowsPerCall ?? null, now: now.rowsPerCall },
    { label: 'Blocks', unit: 'blocks/call', before: before?.blocksPerCall ?? null, now: now.blocksPerCall },
  ];
}

function subjectOf(row: StatementRow, tables: readonly TableRow[]): Regression['subject'] {
  const [table] = tables;
  return {
    database: row.database,
    ...(table === undefined ? {} : { schema: table.schema, table: table.table }),
    queryid: row.queryid,
    statement: row.statement,
  };
}

function textOf({ text }: StatementRow): { text?: string } {
  return text === undefined ? {} : { text };
}

function suspectOf(
  load: Load,
  tables: readonly TableRow[],
  carriedOut: readonly HistoryFinding[],
): Pick<Regression, 'suspect'> {
  const suspect = carriedOut.find(
    ({ subject, gain }) =>
      subject.statement === load.statement ||
      (gain.kind === 'statement-time' && gain.statements.includes(load.statement)) ||
      tables.some((t) => t.database === subject.database && t.schema === subject.schema && t.table === subject.table),
  );
  return suspect === undefined ? {} : { suspect: accused(suspect) };
}

function accused({ key, title, rollback }: HistoryFinding): NonNullable<Regression['suspect']> {
  return { key, title, rollback };
}
