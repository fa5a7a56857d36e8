/** The form of a statement: what an advisor on anti-patterns asks of the tree. Nothing here knows numbers. */
import type { A_Expr, ColumnRef, Node, SelectStmt } from 'libpg-query';
import { nameOf } from './scope.ts';
import { contains, visit } from './visit.ts';

/** The outermost SELECT, unless it is a UNION or the like. */
export function outermostSelect(tree: Node): SelectStmt | null {
  if (!('SelectStmt' in tree)) return null;
  const select = tree.SelectStmt;
  return select.larg === undefined ? select : null;
}

/** An OFFSET other than a written 0; pg_stat_statements shows a parameter in its place. */
export function skipsRows({ limitOffset }: SelectStmt): boolean {
  if (limitOffset === undefined) return false;
  if (!('A_Const' in limitOffset)) return true;
  return limitOffset.A_Const.isnull !== true && (limitOffset.A_Const.ival?.ival ?? 0) > 0;
}

export function ordersByRandom({ sortClause = [] }: SelectStmt): boolean {
  return sortClause.some((node) => {
    const by = 'SortBy' in node ? node.SortBy.node : undefined;
    return by !== undefined && 'FuncCall' in by && ['random', 'gen_random_uuid'].includes(functionName(by));
  });
}

/** Plain DISTINCT; DISTINCT ON picks a row of each group and means something else. */
export function isDistinct({ distinctClause }: SelectStmt): boolean {
  return distinctClause !== undefined && !distinctClause.some((node) => Object.keys(node).length > 0);
}

export function selectsStar({ targetList = [] }: SelectStmt): boolean {
  return targetList.some((target) => {
    const value = 'ResTarget' in target ? target.ResTarget.val : undefined;
    const fields = value !== undefined && 'ColumnRef' in value ? (value.ColumnRef.fields ?? []) : [];
    return fields.some((field) => 'A_Star' in field);
  });
}

/** Alias of every plain column of the select list; null as soon as one is an expression, a star or unqualified. */
export function selectedAliases({ targetList = [] }: SelectStmt): readonly string[] | null {
  const aliases: string[] = [];
  for (const target of targetList) {
    const value = 'ResTarget' in target ? target.ResTarget.val : undefined;
    if (value === undefined || !('ColumnRef' in value)) return null;
    const fields = value.ColumnRef.fields ?? [];
    const alias = fields.length >= 2 ? nameOf(fields.at(-2)) : null;
    if (alias === null) return null;
    aliases.push(alias);
  }
  return aliases;
}

/** `count(*)` or `count(1)` alone in the select list. */
export function countsRows({ targetList = [], groupClause = [] }: SelectStmt): boolean {
  const [only, ...more] = targetList;
  if (only === undefined || more.length > 0 || groupClause.length > 0) return false;
  const value = 'ResTarget' in only ? only.ResTarget.val : undefined;
  if (value === undefined || !('FuncCall' in value) || functionName(value) !== 'count') return false;
  const call = value.FuncCall;
  return call.over === undefined && call.agg_distinct !== true && call.agg_filter === undefined;
}

export interface NotIn {
  /** What is looked for, where it is a plain column. */
  readonly tested: ColumnRef | null;
  readonly subquery: SelectStmt;
}

/** `x NOT IN (SELECT …)`, anywhere in the statement. */
export function notInSubqueries(tree: Node): readonly NotIn[] {
  const found: NotIn[] = [];
  visit(tree, (tag, body) => {
    if (tag !== 'BoolExpr') return false;
    const { boolop, args = [] } = body as { boolop?: string; args?: readonly Node[] }; // the tag says which node it is
    const [arg] = args;
    if (boolop !== 'NOT_EXPR' || arg === undefined || !('SubLink' in arg)) return false;
    const { subLinkType, subselect, testexpr, operName = [] } = arg.SubLink;
    if (subLinkType !== 'ANY_SUBLINK' || operName.length > 0) return false;
    if (subselect === undefined || !('SelectStmt' in subselect)) return false;
    const tested = testexpr !== undefined && 'ColumnRef' in testexpr ? testexpr.ColumnRef : null;
    found.push({ tested, subquery: subselect.SelectStmt });
    return false;
  });
  return found;
}

/** Length of the longest list of single values: `IN ($1, $2, …)` or `ARRAY[$1, $2, …]`. */
export function longestList(tree: Node): number {
  let longest = 0;
  visit(tree, (tag, body) => {
    if (tag === 'A_Expr') {
      const { kind, rexpr } = body as A_Expr; // the tag says which node it is
      if (kind === 'AEXPR_IN' && rexpr !== undefined && 'List' in rexpr)
        longest = Math.max(longest, rexpr.List.items?.length ?? 0);
    }
    if (tag === 'A_ArrayExpr') {
      longest = Math.max(longest, (body as { elements?: readonly Node[] }).elements?.length ?? 0); // as above
    }
    return false;
  });
  return longest;
}

/**
 * Columns compared on each side of an OR at the top of WHERE; null unless every branch compares by =, <, > or IN, which an
 * ordered index serves. LIKE and operators of documents want other indexes, and other advice.
 */
export function alternatives({ whereClause }: SelectStmt): readonly ColumnRef[] | null {
  const all = conjunctsOf(whereClause);
  const ors = all.filter((node) => 'BoolExpr' in node && node.BoolExpr.boolop === 'OR_EXPR');
  const [only] = ors;
  if (only === undefined || ors.length > 1 || !('BoolExpr' in only)) return null;
  const columns: ColumnRef[] = [];
  for (const branch of only.BoolExpr.args ?? []) {
    const before = columns.length;
    for (const part of conjunctsOf(branch)) {
      if (!isComparison(part)) return null;
      visit(part, (tag, body) => {
        if (tag === 'ColumnRef') columns.push(body as ColumnRef); // the tag says which node it is
        return false;
      });
    }
    if (columns.length === before) return null; // `$1 IS NULL OR …` switches a filter off
  }
  return columns;
}

function isComparison(node: Node): boolean {
  if ('NullTest' in node) return true;
  if (!('A_Expr' in node) || contains(node, 'SubLink')) return false;
  const { kind, name } = node.A_Expr;
  if (kind === 'AEXPR_IN' || kind === 'AEXPR_OP_ANY' || kind === 'AEXPR_BETWEEN') return true;
  return kind === 'AEXPR_OP' && ['=', '<', '<=', '>', '>='].includes(nameOf(name?.at(-1)) ?? '');
}

/** Parts of a WHERE that must all hold. */
export function conjunctsOf(node: Node | undefined): readonly Node[] {
  if (node === undefined) return [];
  if ('BoolExpr' in node && node.BoolExpr.boolop === 'AND_EXPR') return (node.BoolExpr.args ?? []).flatMap(conjunctsOf);
  return [node];
}

/** Scalar subqueries in the select list that name a table of the query around them: run once for each row. */
export function correlatedColumns({ targetList = [], fromClause = [] }: SelectStmt): number {
  const outer = new Set(aliasesOf(fromClause));
  let found = 0;
  visit(targetList, (tag, body) => {
    if (tag !== 'SubLink') return false;
    const { subLinkType, subselect } = body as { subLinkType?: string; subselect?: Node }; // the tag says which node it is
    if (subLinkType !== 'EXPR_SUBLINK' || subselect === undefined || !('SelectStmt' in subselect)) return true;
    const inner = new Set(aliasesOf(subselect.SelectStmt.fromClause ?? []));
    let correlated = false;
    visit(subselect, (inside, reference) => {
      if (inside !== 'ColumnRef') return false;
      const fields = (reference as ColumnRef).fields ?? []; // as above
      const alias = fields.length >= 2 ? nameOf(fields.at(-2)) : null;
      if (alias !== null && outer.has(alias) && !inner.has(alias)) correlated = true;
      return false;
    });
    if (correlated) found += 1;
    return true;
  });
  return found;
}

function aliasesOf(from: readonly Node[]): readonly string[] {
  const names: string[] = [];
  visit(from, (tag, body) => {
    if (tag === 'RangeSubselect') {
      const { alias } = body as { alias?: { aliasname?: string } }; // the tag says which node it is
      if (alias?.aliasname !== undefined) names.push(alias.aliasname);
      return true;
    }
    if (tag !== 'RangeVar') return false;
    const { relname, alias } = body as { relname?: string; alias?: { aliasname?: string } }; // as above
    names.push(alias?.aliasname ?? relname ?? '');
    return true;
  });
  return names;
}

function functionName(node: Extract<Node, { FuncCall: unknown }>): string {
  return nameOf(node.FuncCall.funcname?.at(-1)) ?? '';
}
