/** Conditions on a column inside a function or cast: `lower(email) = $1`, `created_at::date = $1`. */
import type { ColumnRef, Node, TypeName } from 'libpg-query';
import { nameOf } from './scope.ts';
import { contains, visit } from './visit.ts';

export interface Wrapped {
  readonly column: string;
  /** `t` of `lower(t.email)`; null when unqualified. */
  readonly qualifier: string | null;
  readonly form:
    | { readonly kind: 'function'; readonly name: string }
    | { readonly kind: 'cast'; readonly type: string };
}

/** Of comparisons at the top of WHERE (joined by AND), with a value known before the scan on the other side. */
export function wrappedColumns(where: Node | undefined): readonly Wrapped[] {
  if (where === undefined) return [];
  if ('BoolExpr' in where) {
    return where.BoolExpr.boolop === 'AND_EXPR' ? (where.BoolExpr.args ?? []).flatMap(wrappedColumns) : [];
  }
  if (!('A_Expr' in where) || where.A_Expr.kind === undefined) return [];
  const { kind, name, lexpr, rexpr } = where.A_Expr;
  const operator = nameOf(name?.at(-1)) ?? '';
  const compares = kind === 'AEXPR_OP' ? ['=', '<', '<=', '>', '>='].includes(operator) : kind === 'AEXPR_IN';
  if (!compares || lexpr === undefined || rexpr === undefined) return [];
  const [inside, other] = contains(lexpr, 'ColumnRef') ? [lexpr, rexpr] : [rexpr, lexpr];
  if (contains(other, 'ColumnRef', 'SubLink')) return [];
  const wrapped = wrappedIn(inside);
  return wrapped === null ? [] : [wrapped];
}

function wrappedIn(node: Node): Wrapped | null {
  if ('FuncCall' in node) {
    const { args = [], funcname = [] } = node.FuncCall;
    const columns = args.filter((arg) => 'ColumnRef' in arg);
    const [only] = columns;
    if (only === undefined || columns.length > 1 || !('ColumnRef' in only)) return null;
    if (args.some((arg) => arg !== only && !('A_Const' in arg) && !('ParamRef' in arg))) return null;
    const name = nameOf(funcname.at(-1));
    return name === null
      ? null
      : named(only.ColumnRef, { kind: 'function', name: args.length === 1 ? name : `${name}/${args.length}` });
  }
  if ('TypeCast' in node) {
    const { arg, typeName } = node.TypeCast;
    const type = typeText(typeName);
    return arg === undefined || !('ColumnRef' in arg) || type === null
      ? null
      : named(arg.ColumnRef, { kind: 'cast', type });
  }
  return null;
}

function named({ fields = [] }: ColumnRef, form: Wrapped['form']): Wrapped | null {
  const column = nameOf(fields.at(-1));
  return column === null ? null : { column, qualifier: fields.length >= 2 ? nameOf(fields.at(-2)) : null, form };
}

function typeText(type: TypeName | undefined): string | null {
  return nameOf(type?.names?.at(-1));
}

export interface Like {
  readonly column: string;
  readonly qualifier: string | null;
  /** ILIKE. */
  readonly foldsCase: boolean;
}

/** LIKE and ILIKE at the top of WHERE; the pattern itself is a parameter as a rule, so nobody knows how it begins. */
export function patternMatches(where: Node | undefined): readonly Like[] {
  if (where === undefined) return [];
  if ('BoolExpr' in where) {
    const { boolop, args = [] } = where.BoolExpr;
    return boolop === 'AND_EXPR' ? args.flatMap(patternMatches) : []; // one index does not serve an OR
  }
  if (!('A_Expr' in where)) return [];
  const { kind, name, lexpr } = where.A_Expr;
  const operator = nameOf(name?.at(-1)) ?? '';
  if ((kind !== 'AEXPR_LIKE' && kind !== 'AEXPR_ILIKE') || operator.startsWith('!')) return [];
  if (lexpr === undefined || !('ColumnRef' in lexpr)) return [];
  const fields = lexpr.ColumnRef.fields ?? [];
  const column = nameOf(fields.at(-1));
  const qualifier = fields.length >= 2 ? nameOf(fields.at(-2)) : null;
  return column === null ? [] : [{ column, qualifier, foldsCase: kind === 'AEXPR_ILIKE' }];
}

/** WHERE of the outermost statement. */
export function whereOf(tree: Node): Node | undefined {
  let where: Node | undefined;
  visit(tree, (tag, body) => {
    if (!['SelectStmt', 'UpdateStmt', 'DeleteStmt'].includes(tag)) return false;
    where = (body as { whereClause?: Node }).whereClause; // the tag says which node it is
    return true;
  });
  return where;
}
