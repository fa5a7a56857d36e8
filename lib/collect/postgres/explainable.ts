/**
 * A normalised statement → what EXPLAIN can plan of it. Of an UPDATE or DELETE that is the search for its rows, of an
 * INSERT its query: planning these needs the right to read only, and takes no lock that a writer would.
 */
import { parseSync, scanSync } from 'libpg-query';
import type { QueryPlan } from '../../model/query-plan.ts';
import { withSharedParameters } from './shared-parameters.ts';

export interface Explainable {
  readonly sql: string;
  readonly of: QueryPlan['of'];
  /** Highest $n in `sql`. */
  readonly parameters: number;
  /** Every name and operator in it: what planning may look up. */
  readonly words: ReadonlySet<string>;
  /** Relations named without a schema. */
  readonly relations: readonly string[];
}

const plannable = /^[\s(]*(with|select|insert|update|delete|merge|values|table)\b/i;
/** These stand for operators that the statement does not spell. */
const impliedOperators = ['=', '<', '>', '<=', '>=', '<>'];
/** `date '2026-01-01'` is stored as `date $1`, which no server accepts. */
const literalTypes =
  /^(interval|date|time|timetz|timestamp|timestamptz|json|jsonb|uuid|inet|cidr|numeric|bytea|xml|point|text)$/i;

/** null: nothing in it is planned, as in an INSERT of values. `why`: a clause that says what is in the way. */
export function explainable(text: string): Explainable | { readonly why: string } | null {
  if (!plannable.test(text)) return null;
  try {
    const tokens = scanSync(text)
      .tokens.filter(({ tokenName }) => !tokenName.endsWith('_COMMENT'))
      .map((token) => token.text);
    // A second statement could end our read-only transaction, whatever this parser makes of the text.
    if (tokens.includes(';')) return { why: 'it is more than one statement' };
    const kind = kindOf(text);
    const found = sourceOf(kind, tokens);
    if (found === null || 'why' in found) return found;
    const words = withoutLocks(withCalls(found.words));
    const sql = withSharedParameters(words).join(' ');
    const tree = parseSync(sql).stmts ?? [];
    if (tree.length !== 1 || tree[0]?.stmt === undefined) return { why: 'it cannot be parsed' };
    if (!('SelectStmt' in tree[0].stmt) && !('MergeStmt' in tree[0].stmt)) return null;
    const names = new Set(impliedOperators);
    const relations = new Set<string>();
    const common = new Set<string>();
    visit(tree, names, relations, common);
    const parameters = Math.max(0, ...Array.from(sql.matchAll(/\$(\d+)/g), (match) => Number(match[1])));
    return {
      sql,
      of: found.of,
      parameters,
      words: names,
      relations: [...relations].filter((name) => !common.has(name)),
    };
  } catch {
    return { why: 'it cannot be parsed' };
  }
}

function kindOf(text: string): string {
  const { stmts = [] } = parseSync(text);
  return stmts.length === 1 ? (Object.keys(stmts[0]?.stmt ?? {})[0] ?? '') : '';
}

type Found = { readonly words: readonly string[]; readonly of: QueryPlan['of'] } | { readonly why: string } | null;

function sourceOf(kind: string, tokens: readonly string[]): Found {
  const flat = depths(tokens);
  const at = (word: RegExp, from = 0) => tokens.findIndex((token, i) => i >= from && flat[i] === 0 && word.test(token));
  const end = (from: number) => {
    const found = at(/^returning$/i, from);
    return found < 0 ? tokens.length : found;
  };
  switch (kind) {
    case 'SelectStmt':
    case 'MergeStmt':
      return { words: tokens, of: 'statement' };
    case 'InsertStmt': {
      const into = at(/^into$/i);
      const query = at(/^(select|with|values|table|default)$/i, into);
      if (query < 0 || /^(values|default)$/i.test(tokens[query] ?? '')) return null;
      const conflict = tokens.findIndex((token, i) => flat[i] === 0 && /^conflict$/i.test(token) && i > query);
      const last = Math.min(end(query), conflict < 0 ? tokens.length : conflict - 1);
      // A WITH before INSERT belongs to its query as well.
      return { words: [...tokens.slice(0, at(/^insert$/i)), ...tokens.slice(query, last)], of: 'source-query' };
    }
    case 'UpdateStmt': {
      const [update, set] = [at(/^update$/i), at(/^set$/i)];
      const where = at(/^where$/i, set);
      const from = tokens.findIndex(
        (token, i) => i > set && flat[i] === 0 && /^from$/i.test(token) && !/^distinct$/i.test(tokens[i - 1] ?? ''),
      );
      const joined =
        from > 0 && (where < 0 || from < where) ? [',', ...tokens.slice(from + 1, where < 0 ? end(from) : where)] : [];
      const target = tokens.slice(update + 1, set);
      return search(tokens, update, target, joined, where < 0 ? [] : tokens.slice(where, end(where)));
    }
    case 'DeleteStmt': {
      const from = at(/^from$/i);
      const where = at(/^where$/i, from);
      const using = at(/^using$/i, from);
      const stop = where < 0 ? end(from) : where;
      const joined = using > 0 && using < stop ? [',', ...tokens.slice(using + 1, stop)] : [];
      const target = tokens.slice(from + 1, joined.length > 0 ? using : stop);
      return search(tokens, at(/^delete$/i), target, joined, where < 0 ? [] : tokens.slice(where, end(where)));
    }
    default:
      return null;
  }
}

/** ctid: no index alone can answer it, just as no index alone can be updated. */
function search(
  tokens: readonly string[],
  verb: number,
  target: readonly string[],
  joined: readonly string[],
  where: readonly string[],
): Found {
  if (/^current$/i.test(where[1] ?? '') && /^of$/i.test(where[2] ?? '')) return { why: 'it follows a cursor' };
  const last = target.filter((token) => token !== '*').at(-1);
  if (last === undefined) return { why: 'it cannot be parsed' };
  return {
    words: [...tokens.slice(0, verb), 'SELECT', last, '.', 'ctid', 'FROM', ...target, ...joined, ...where],
    of: 'row-search',
  };
}

function depths(tokens: readonly string[]): readonly number[] {
  let depth = 0;
  return tokens.map((token) => {
    if (token === ')' || token === ']') depth -= 1;
    const own = depth;
    if (token === '(' || token === '[') depth += 1;
    return own;
  });
}

/** `FOR UPDATE` and its kin need the right to update. */
function withoutLocks(tokens: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (let i = 0; i < tokens.length; i += 1) {
    const clause = /^for (no key )?update\b|^for (key )?share\b/i.exec(tokens.slice(i, i + 4).join(' '));
    if (clause === null) {
      kept.push(tokens[i] ?? '');
      continue;
    }
    i += clause[0].split(' ').length - 1;
    if (/^of$/i.test(tokens[i + 1] ?? '')) {
      i += 2;
      while (tokens[i + 1] === ',' || tokens[i + 1] === '.') i += 2;
    }
    if (/^nowait$/i.test(tokens[i + 1] ?? '')) i += 1;
    else if (/^skip$/i.test(tokens[i + 1] ?? '')) i += 2;
  }
  return kept;
}

/** Spelt so that a parameter may stand where the server's grammar wants a literal. */
function withCalls(tokens: readonly string[]): readonly string[] {
  const out: string[] = [];
  for (const [i, token] of tokens.entries()) {
    const [before = '', open = ''] = [tokens[i - 2], tokens[i - 1]];
    if (/^\$\d+$/.test(token)) {
      const type = /^zone$/i.test(open) ? out.splice(-4) : literalTypes.test(open) ? out.splice(-1) : null;
      out.push(...(type === null ? [token] : ['CAST', '(', token, 'AS', ...type, ')']));
    } else if (
      /^from$/i.test(token) &&
      /^\$\d+$/.test(open) &&
      /^extract$/i.test(tokens[i - 3] ?? '') &&
      before === '('
    ) {
      out.splice(-3, 1, 'pg_catalog.date_part');
      out.push(',');
    } else out.push(token);
  }
  return out;
}

function visit(node: unknown, words: Set<string>, relations: Set<string>, common: Set<string>): void {
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (key === 'sval' || key === 'relname') words.add(String(value));
    if ((key === 'RangeVar' || key === 'relation') && value?.schemaname === undefined) {
      relations.add(String(value?.relname ?? ''));
    }
    if (key === 'CommonTableExpr') common.add(String(value?.ctename ?? ''));
    visit(value, words, relations, common);
  }
}
