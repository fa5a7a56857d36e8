/** Candidates of many statements → few indexes, each with what it saves and costs. */
import type { StatementRow, TableRow } from '../../model/rows.ts';
import type { Interval } from '../../model/units.ts';
import type { PricedStatement } from '../../model/what-if.ts';
import type { With } from '../advisor.ts';
import type { Parse } from '../sql/parse.ts';
import type { Candidate } from './candidates.ts';
import { choose, type Served, type Ways } from './chosen.ts';
import { columnsOf, type Design, definitionOf } from './design.ts';
import { savedShare } from './saved-share.ts';
import { columnOf } from './selectivity.ts';

/** One index entry more, and the same for an update that can no longer be HOT; from memory, without a slow disk. */
const ENTRY_MS = 0.02;

export type HeavyTable = With<'table', 'liveRows' | 'sequentialRowsRead'>;

/** What the planner said, asked with HypoPG. */
export interface Price {
  readonly sizeBytes: number;
  /** Of its statements together, weighted by their time: what goes away of the planner's cost. */
  readonly costShare: number;
  /** How many of its statements the planner was asked about, and how many would use it. */
  readonly asked: number;
  readonly using: number;
  /** Statements that the planner expects to become dearer. */
  readonly hurt: readonly PricedStatement[];
}

export interface Proposal {
  readonly design: Design;
  readonly candidates: readonly Candidate[];
  /** Share of the statements' time, weighted by it. */
  readonly reduces: Interval;
  readonly totalTimeMs: number;
  /** Part of the statements' possible scans that the table's counter confirms. */
  readonly confirmed: number;
  /** What the planner said of it, where it was asked. */
  readonly price?: Price;
}

/** Most time saved first. */
export function proposalsFor(
  candidates: readonly Candidate[],
  table: HeavyTable,
  ways: Pick<Ways, 'costMs' | 'sizeBytes'>,
): readonly Proposal[] {
  // What all of them together could have read, against what the counter says was read: shared, never added up.
  const possible = candidates.reduce((total, { row }) => total + (row.calls ?? 0) * table.liveRows, 0);
  const confirmed = possible > 0 ? Math.min(1, table.sequentialRowsRead / possible) : 0;
  const saves = (candidate: Candidate, selectivity: number) =>
    savedShare({ ...candidate, selectivity, ordered: orderOf(candidate.design, table) }, table, confirmed).likely;
  const name = ({ design }: Proposal) => definitionOf(design, table);
  return choose(candidates, { ...ways, saved: saves })
    .map(({ design, served }) => proposal(design, served, { table, confirmed }))
    .sort((a, b) => saved(b) - saved(a) || (name(a) < name(b) ? -1 : 1));
}

function proposal(
  design: Design,
  served: Served['served'],
  { table, confirmed }: { readonly table: HeavyTable; readonly confirmed: number },
): Proposal {
  const candidates = served
    .map(({ candidate, selectivity }) => ({ ...candidate, selectivity }))
    .sort(
      (a, b) => (b.row.totalTimeMs ?? 0) - (a.row.totalTimeMs ?? 0) || (a.row.statement < b.row.statement ? -1 : 1),
    );
  const totalTimeMs = candidates.reduce((total, { row }) => total + (row.totalTimeMs ?? 0), 0);
  const each = candidates.map((candidate) => ({
    share: savedShare({ ...candidate, ordered: orderOf(design, table) }, table, confirmed),
    candidate,
  }));
  const weighted = (of: (interval: Interval) => number): number =>
    each.reduce((total, { share, candidate }) => {
      const weight = totalTimeMs > 0 ? (candidate.row.totalTimeMs ?? 0) / totalTimeMs : 1 / each.length;
      return total + of(share) * weight;
    }, 0);
  const reduces = {
    low: weighted((share) => share.low),
    likely: weighted((share) => share.likely),
    high: weighted((share) => share.high),
  };
  return { design, candidates, reduces, totalTimeMs, confirmed };
}

/** pg_stats knows it of single columns only; of several keys the planner takes three quarters of the first. */
function orderOf({ keys }: Design, table: TableRow): number {
  const [first] = keys;
  const column = first === undefined ? null : columnOf(table, first.column);
  return Math.abs(column?.correlation ?? 0) * (keys.length > 1 ? 0.75 : 1);
}

function saved({ totalTimeMs, reduces }: Proposal): number {
  return totalTimeMs * reduces.likely;
}

/** Entries for new rows and for updates, all of those that were HOT if the statements change the indexed column. */
export function writeCostMs(
  { design }: Pick<Proposal, 'design'>,
  {
    table,
    statements,
    parse,
  }: { readonly table: TableRow; readonly statements: readonly StatementRow[]; readonly parse: Parse },
): number {
  const { rowsInserted = 0, rowsUpdated = 0, rowsHotUpdated = 0 } = table;
  const columns = [...columnsOf(design), ...design.include, ...design.where.map(({ column }) => column)];
  const breaksHot = statements.some((row) => {
    const parsed = row.textCut === true ? null : parse(row.text);
    const writes = parsed?.tables.some((mention) => mention.isTarget && mention.name === table.table) === true;
    return writes && parsed?.assigned.some((column) => columns.includes(column)) === true;
  });
  const cold = Math.max(0, rowsUpdated - rowsHotUpdated);
  return ENTRY_MS * (rowsInserted + cold + (breaksHot ? 2 * rowsHotUpdated : 0));
}

export function worthItsWrites(proposal: Proposal, writes: Parameters<typeof writeCostMs>[1]): boolean {
  return saved(proposal) > 0 && writeCostMs(proposal, writes) < saved(proposal) / 2;
}
