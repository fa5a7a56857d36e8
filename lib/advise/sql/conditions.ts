/** WHERE and ON → predicates and join pairs. */
import type { A_Expr, ColumnRef, Node } from 'libpg-query';
import { columnUse, nameOf, type Scope } from './scope.ts';
import type { ColumnUse, JoinPair, ParsedTable, Predicate, PredicateOp } from './statement.ts';
import { contains, visit } from './visit.ts';

export interface Collected {
  readonly tables: ParsedTable[];
  readonly predicates: Predicate[];
  readonly joins: JoinPair[];
}

export function conditions(node: Node | undefined, scope: Scope, out: Collected, conjunct = true): void {
  if (node === undefined) return;
  const add = (ref: ColumnRef | null, op: PredicateOp, onParameter: boolean): void => {
    const column = ref === null ? null : columnUse(ref, scope);
    if (column !== null) out.predicates.push({ column, op, onParameter, conjunct });
  };
  if ('BoolExpr' in node) {
    const [first] = node.BoolExpr.args ?? [];
    if (node.BoolExpr.boolop === 'NOT_EXPR' && first !== undefined && 'ColumnRef' in first) {
      add(first.ColumnRef, 'is-false', true);
      return;
    }
    const all = conjunct && node.BoolExpr.boolop === 'AND_EXPR';
    for (const arg of node.BoolExpr.args ?? []) conditions(arg, scope, out, all);
  } else if ('NullTest' in node) {
    const isNull = node.NullTest.nulltesttype === 'IS_NULL';
    add(plainColumn(node.NullTest.arg), isNull ? 'null' : 'not-null', true);
  } else if ('BooleanTest' in node) {
    // `x IS TRUE` is no `x` to the planner: an index limited to one is not used for the other in every version.
    add(plainColumn(node.BooleanTest.arg), 'other', true);
  } else if ('ColumnRef' in node) {
    add(node.ColumnRef, 'is-true', true);
  } else if ('A_Expr' in node) {
    comparison(node.A_Expr, { scope, out, conjunct, add });
  }
}

interface At {
  readonly scope: Scope;
  readonly out: Collected;
  readonly conjunct: boolean;
  readonly add: (ref: ColumnRef | null, op: PredicateOp, onParameter: boolean) => void;
}

function comparison(expression: A_Expr, at: At): void {
  const { lexpr, rexpr } = expression;
  if (lexpr !== undefined && rexpr !== undefined && 'RowExpr' in lexpr && 'RowExpr' in rexpr) {
    rows(expression, lexpr.RowExpr.args ?? [], rexpr.RowExpr.args ?? [], at);
    return;
  }
  const op = classOf(expression);
  const left = plainColumn(lexpr);
  const right = plainColumn(rexpr);
  if (left !== null && right !== null) {
    const pair = [columnUse(left, at.scope), columnUse(right, at.scope)] as const;
    if (op === 'equality' && at.conjunct) addJoin(pair[0], pair[1], at.out);
    return;
  }
  if (left !== null) at.add(left, op, isKnownBeforeScan(rexpr));
  else if (right !== null)
    at.add(right, op === 'like' || op === 'like-prefix' ? 'other' : op, isKnownBeforeScan(lexpr));
  else {
    const [inLeft, inRight] = [columnsIn(lexpr), columnsIn(rexpr)];
    const [inside, other] = inRight.length === 0 ? [inLeft, rexpr] : [inRight, lexpr];
    const [only] = inside;
    if (only !== undefined && inside.length === 1) at.add(only, 'function', isKnownBeforeScan(other));
  }
}

/** `(a, b) = ($1, $2)` is two equalities; `(a, b) > ($1, $2)` bounds only a. */
function rows(expression: A_Expr, left: readonly Node[], right: readonly Node[], at: At): void {
  const equal = classOf(expression) === 'equality';
  for (const [position, lexpr] of left.entries()) {
    const rexpr = right[position];
    if (rexpr === undefined || (!equal && position > 0)) return;
    comparison({ ...expression, lexpr, rexpr }, at);
  }
}

export function joinUsing(
  using: readonly Node[] | undefined,
  left: readonly number[],
  right: readonly number[],
  out: Collected,
): void {
  for (const node of using ?? []) {
    const name = nameOf(node);
    if (name === null) continue;
    const use = (tables: readonly number[]): ColumnUse => {
      const only = tables.length === 1 ? tables[0] : undefined;
      return { name, table: only ?? null, candidates: [tables] };
    };
    addJoin(use(left), use(right), out);
  }
}

function addJoin(left: ColumnUse | null, right: ColumnUse | null, out: Collected): void {
  if (left === null || right === null) return;
  if (left.table !== null && left.table === right.table) return;
  out.joins.push({ left, right });
}

function classOf({ kind, name, rexpr }: A_Expr): PredicateOp {
  const operator = nameOf(name?.at(-1)) ?? '';
  switch (kind) {
    case 'AEXPR_OP':
      if (operator === '=') return 'equality';
      return ['<', '<=', '>', '>='].includes(operator) ? 'range' : 'other';
    case 'AEXPR_OP_ANY':
    case 'AEXPR_IN':
      return operator === '=' ? 'in' : 'other';
    case 'AEXPR_NOT_DISTINCT':
      return 'other'; // IS NOT DISTINCT FROM cannot use a btree
    case 'AEXPR_BETWEEN':
    case 'AEXPR_BETWEEN_SYM':
      return 'range';
    case 'AEXPR_LIKE':
      if (operator !== '~~') return 'other';
      return hasPrefix(rexpr) ? 'like-prefix' : 'like';
    default:
      return 'other';
  }
}

/** `'abc%'` or `$1 || '%'`; a bare parameter may begin with a wildcard. */
function hasPrefix(pattern: Node | undefined): boolean {
  if (pattern === undefined) return false;
  if ('A_Const' in pattern) return /^[^%_\\]/.test(pattern.A_Const.sval?.sval ?? '');
  if (!('A_Expr' in pattern) || nameOf(pattern.A_Expr.name?.[0]) !== '||') return false;
  const first = pattern.A_Expr.lexpr;
  return first !== undefined && ('ParamRef' in first || hasPrefix(first));
}

function plainColumn(node: Node | undefined): ColumnRef | null {
  return node !== undefined && 'ColumnRef' in node ? node.ColumnRef : null;
}

function columnsIn(node: Node | undefined): readonly ColumnRef[] {
  const found: ColumnRef[] = [];
  visit(node, (tag, body) => {
    if (tag === 'SubLink') return true;
    if (tag === 'ColumnRef') found.push(body as ColumnRef); // the tag says which node it is
    return false;
  });
  return found;
}

/** A subquery that compares with `= (SELECT …)` runs first; `IN (SELECT …)` does not, it joins. */
function isKnownBeforeScan(node: Node | undefined): boolean {
  if (node === undefined) return false;
  if ('SubLink' in node) return node.SubLink.subLinkType === 'EXPR_SUBLINK';
  return !contains(node, 'ColumnRef', 'SubLink');
}
