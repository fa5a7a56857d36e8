/** Parse tree → what advisors ask. Conditions are read in conditions.ts, names in scope.ts. */
import type { CommonTableExpr, Node, RangeVar, SelectStmt, WithClause } from 'libpg-query';
import { type Collected, conditions, joinUsing } from './conditions.ts';
import { columnUse, nameOf, newScope, type Scope } from './scope.ts';
import type { OrderColumn, ParsedStatement, StatementKind } from './statement.ts';
import { visit } from './visit.ts';

type Ctes = ReadonlySet<string>;

const AGGREGATES = new Set(['count', 'sum', 'avg', 'min', 'max', 'bool_and', 'bool_or', 'array_agg', 'string_agg']);

interface Outermost {
  readonly orderBy: readonly OrderColumn[];
  readonly limited: boolean;
  readonly aggregatesOnly: boolean;
  readonly grouped: boolean;
  readonly filtered: boolean;
}

const nothing: Outermost = { orderBy: [], limited: false, aggregatesOnly: false, grouped: false, filtered: false };

export function describe(tree: Node): ParsedStatement {
  const out: Collected = { tables: [], predicates: [], joins: [] };
  const told = statement(tree, null, new Set(), out);
  return { ...nothing, assigned: [], conflictColumns: [], ...told, ...out, tree };
}

type Told = Partial<ParsedStatement> & { readonly kind: StatementKind };

/** Any statement, outermost or in a CTE: its tables and conditions go to `out`, the rest is answered. */
function statement(tree: Node, outer: Scope | null, above: Ctes, out: Collected): Told {
  if ('SelectStmt' in tree) return { kind: 'select', ...select(tree.SelectStmt, outer, above, out) };
  if ('InsertStmt' in tree) {
    const { relation, selectStmt, onConflictClause, withClause } = tree.InsertStmt;
    const ctes = withCtes(withClause, outer, above, out);
    addTable(relation, newScope(null), new Set(), out, true);
    if (selectStmt !== undefined) statement(selectStmt, outer, ctes, out);
    const infer = onConflictClause?.infer;
    const columns = (infer?.indexElems ?? []).map((node) => ('IndexElem' in node ? node.IndexElem.name : undefined));
    return {
      kind: 'insert',
      conflictColumns: columns.filter((name) => name !== undefined),
      ...(infer?.conname === undefined ? {} : { conflictConstraint: infer.conname }),
    };
  }
  if ('UpdateStmt' in tree) {
    const { relation, fromClause, whereClause, targetList, withClause } = tree.UpdateStmt;
    writes({ relation, from: fromClause, where: whereClause, also: targetList, withClause }, above, out);
    const assigned = (targetList ?? []).map((node) => ('ResTarget' in node ? node.ResTarget.name : undefined));
    return {
      kind: 'update',
      filtered: whereClause !== undefined,
      assigned: assigned.filter((name) => name !== undefined),
    };
  }
  if ('DeleteStmt' in tree) {
    const { relation, usingClause, whereClause, withClause } = tree.DeleteStmt;
    writes({ relation, from: usingClause, where: whereClause, also: undefined, withClause }, above, out);
    return { kind: 'delete', filtered: whereClause !== undefined };
  }
  if ('MergeStmt' in tree) {
    const { relation, sourceRelation, joinCondition, withClause } = tree.MergeStmt;
    const from = sourceRelation === undefined ? [] : [sourceRelation];
    writes({ relation, from, where: joinCondition, also: undefined, withClause }, above, out);
    return { kind: 'merge', filtered: true };
  }
  return { kind: 'utility' };
}

interface Write {
  readonly relation: RangeVar | undefined;
  readonly from: readonly Node[] | undefined;
  readonly where: Node | undefined;
  readonly also: readonly Node[] | undefined;
  readonly withClause: WithClause | undefined;
}

function writes({ relation, from, where, also, withClause }: Write, above: Ctes, out: Collected): void {
  const ctes = withCtes(withClause, null, above, out);
  const scope = newScope(null);
  addTable(relation, scope, new Set(), out, true);
  for (const item of from ?? []) source(item, scope, ctes, out);
  conditions(where, scope, out);
  subqueries([where, also], scope, ctes, out);
}

function select(query: SelectStmt, outer: Scope | null, above: Ctes, out: Collected): Outermost {
  const ctes = withCtes(query.withClause, outer, above, out);
  const limited = query.limitCount !== undefined && !isNull(query.limitCount);
  if (query.larg !== undefined && query.rarg !== undefined) {
    select(query.larg, outer, ctes, out);
    select(query.rarg, outer, ctes, out);
    return { ...nothing, limited, filtered: true };
  }
  const scope = newScope(outer);
  for (const item of query.fromClause ?? []) source(item, scope, ctes, out);
  conditions(query.whereClause, scope, out);
  const { targetList, havingClause, whereClause, groupClause, sortClause, valuesLists } = query;
  subqueries([targetList, havingClause, whereClause, groupClause, sortClause, valuesLists], scope, ctes, out);
  const grouped = (groupClause ?? []).length > 0;
  const targets = targetList ?? [];
  return {
    orderBy: (sortClause ?? []).map((node) => orderColumn(node, targets, scope)),
    limited,
    grouped,
    aggregatesOnly: !grouped && targets.length > 0 && targets.every(isAggregate),
    filtered: whereClause !== undefined,
  };
}

function isNull(node: Node): boolean {
  return 'A_Const' in node && node.A_Const.isnull === true;
}

function isAggregate(target: Node): boolean {
  const value = 'ResTarget' in target ? target.ResTarget.val : undefined;
  if (value === undefined || !('FuncCall' in value) || value.FuncCall.over !== undefined) return false;
  return AGGREGATES.has(nameOf(value.FuncCall.funcname?.at(-1)) ?? '');
}

/** An output name or position means the select list, before any input column. */
function orderColumn(node: Node, targets: readonly Node[], scope: Scope): OrderColumn {
  if (!('SortBy' in node)) return { column: null, descending: false, nullsFirst: false };
  const { sortby_dir: direction, sortby_nulls: nulls } = node.SortBy;
  const descending = direction === 'SORTBY_DESC';
  const nullsFirst = nulls === 'SORTBY_NULLS_FIRST' || (nulls !== 'SORTBY_NULLS_LAST' && descending);
  let expression = node.SortBy.node;
  const lists = targets.map((target) => ('ResTarget' in target ? target.ResTarget : {}));
  if (expression !== undefined && 'A_Const' in expression) {
    expression = lists[(expression.A_Const.ival?.ival ?? 0) - 1]?.val;
  } else if (expression !== undefined && 'ColumnRef' in expression && expression.ColumnRef.fields?.length === 1) {
    const name = nameOf(expression.ColumnRef.fields[0]);
    expression = lists.find((target) => name !== null && target.name === name)?.val ?? expression;
  }
  if (expression === undefined || !('ColumnRef' in expression)) return { column: null, descending, nullsFirst };
  return { column: columnUse(expression.ColumnRef, scope), descending, nullsFirst };
}

/** Reads the CTEs and answers the names that hide tables from here on. */
function withCtes(clause: WithClause | undefined, outer: Scope | null, above: Ctes, out: Collected): Ctes {
  if (clause === undefined) return above;
  const all = (clause.ctes ?? []).map((node) => ('CommonTableExpr' in node ? node.CommonTableExpr : {}));
  const names = new Set([...above, ...all.map((cte: CommonTableExpr) => cte.ctename ?? '')]);
  for (const { ctequery } of all) if (ctequery !== undefined) statement(ctequery, outer, names, out);
  return names;
}

function source(node: Node, scope: Scope, ctes: Ctes, out: Collected): void {
  if ('RangeVar' in node) {
    addTable(node.RangeVar, scope, ctes, out, false);
  } else if ('JoinExpr' in node) {
    const { jointype, larg, rarg, quals, usingClause } = node.JoinExpr;
    const before = scope.tables.length;
    if (larg !== undefined) source(larg, scope, ctes, out);
    const between = scope.tables.length;
    if (rarg !== undefined) source(rarg, scope, ctes, out);
    joinUsing(usingClause, scope.tables.slice(before, between), scope.tables.slice(between), out);
    const from = out.predicates.length;
    conditions(quals, scope, out);
    keepOuterRows(
      jointype,
      { left: scope.tables.slice(before, between), right: scope.tables.slice(between) },
      from,
      out,
    );
    subqueries(quals, scope, ctes, out);
  } else if ('RangeSubselect' in node) {
    const { subquery, lateral, alias } = node.RangeSubselect;
    if (subquery !== undefined) statement(subquery, lateral === true ? scope : scope.outer, ctes, out);
    scope.names.set(alias?.aliasname ?? `?${scope.names.size}`, null);
  } else {
    // A function, VALUES or a sample: a source whose columns are not a table's, or not surely.
    scope.names.set(`?${scope.names.size}`, null);
    subqueries(node, scope, ctes, out);
  }
}

/** ON does not filter the side an outer join keeps whole. */
function keepOuterRows(
  type: string | undefined,
  { left, right }: { readonly left: readonly number[]; readonly right: readonly number[] },
  from: number,
  out: Collected,
): void {
  const kept =
    type === 'JOIN_LEFT' ? left : type === 'JOIN_RIGHT' ? right : type === 'JOIN_FULL' ? [...left, ...right] : [];
  for (const [position, predicate] of out.predicates.entries()) {
    if (position < from || predicate.column.table === null || !kept.includes(predicate.column.table)) continue;
    out.predicates[position] = { ...predicate, conjunct: false };
  }
}

function addTable(range: RangeVar | undefined, scope: Scope, ctes: Ctes, out: Collected, isTarget: boolean): void {
  const name = range?.relname;
  if (range === undefined || name === undefined) return;
  const alias = range.alias?.aliasname ?? name;
  if (range.schemaname === undefined && ctes.has(name)) {
    scope.names.set(alias, null);
    return;
  }
  const schema = range.schemaname;
  scope.names.set(alias, out.tables.length);
  scope.tables.push(out.tables.length);
  out.tables.push({ ...(schema === undefined ? {} : { schema }), name, alias, isTarget });
}

/** Queries inside expressions see the columns around them. */
function subqueries(node: unknown, scope: Scope, ctes: Ctes, out: Collected): void {
  visit(node, (tag, body) => {
    if (tag !== 'SelectStmt') return false;
    select(body as SelectStmt, scope, ctes, out); // the tag says which node it is
    return true;
  });
}
