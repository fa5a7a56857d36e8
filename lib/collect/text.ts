/** Statement texts without their literals: the only form in which they may be kept. What cannot be read is dropped. */
import { createHash } from 'node:crypto';
import { fingerprintSync, loadModule, normalizeSync, parseSync, scanSync } from 'libpg-query';

export interface NormalisedText {
  /** null when the text could not be parsed; it is then not known to be free of literals. */
  readonly text: string | null;
  readonly fingerprint: string | null;
  /** `SELECT on orders`: verb and first relation, for titles. */
  readonly label: string | null;
  readonly cut: boolean;
}

export type Normalise = (raw: string, options?: { readonly cut?: boolean }) => NormalisedText;

/** A page shows a few hundred characters; an advisor parses what a person could still read. */
const longestText = 8_000;
/** Generated IN lists reach megabytes; parsing one costs more than knowing it. */
const longestRaw = 100_000;
/** The scanner looks through such a run again for every comment that may begin in it: seconds for one text. */
const longRun = /[~!@#^&|`?+\-*/%<>=]{500}/;

/** Only in these has the normaliser replaced every value; the integers it leaves are ordinals and type modifiers. */
const plannable = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);
/** Their values may be bare words, which no scanner can tell from a name. */
const settingValue = new Set(['AlterRoleSetStmt', 'AlterDatabaseSetStmt', 'AlterSystemStmt', 'AlterFunctionStmt']);

interface Token {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly tokenName: string;
  readonly keywordName: string;
}

/** Loads the parser of PostgreSQL 18 once (WebAssembly, about 30 ms). */
export async function loadNormaliser(): Promise<Normalise> {
  await loadModule();
  return (raw, options = {}) => {
    const cut = options.cut ?? false;
    const nothing = { text: null, fingerprint: null, label: null, cut };
    if (raw.length > longestRaw) return { ...nothing, cut: true };
    if (longRun.test(raw)) return nothing;
    try {
      // Parsing comes first: for text that does not parse, normalizeSync answers the error message, which quotes it.
      const statements = (parseSync(raw).stmts ?? []).map(({ stmt }) => stmt ?? {});
      const kinds = statements.map((each) => Object.keys(each)[0] ?? '');
      if (kinds.length === 0) return nothing;
      if (tokensOf(raw).some(isAmbiguous)) return nothing;
      const about = { kinds, values: valuesIn(statements) };
      const shape = shapeOf(raw, about);
      if (shape === null) return nothing;
      const fingerprint = shape + namesIn(statements);
      const label = kinds.length === 1 ? labelOf(kinds[0] ?? '', statements[0]) : null;
      const normalised = normalizeSync(raw);
      const text = withoutValues(normalised, about, placeholders(normalised));
      if (text === null) return { text: null, fingerprint, label, cut };
      if (text.length <= longestText) return { text, fingerprint, label, cut };
      return { text: text.slice(0, longestText).replace(/[\uD800-\uDBFF]$/, ''), fingerprint, label, cut: true };
    } catch {
      // A syntax error, a scan error, or an expression too deep for the stack: all mean that we did not understand it.
      return nothing;
    }
  };
}

/** Of a utility statement the library hashes the values as well: from a weak password's hash it could be guessed. */
function shapeOf(raw: string, about: Parameters<typeof withoutValues>[1]): string | null {
  const plain = about.kinds.every((kind) => plannable.has(kind));
  const text = plain ? raw : withoutValues(raw, about, forFingerprint);
  if (text === null) return null;
  const shape = fingerprintSync(text);
  if (/^[0-9a-f]{16}$/.test(shape)) return shape;
  // Where the grammar takes no blank in place of the value.
  return plain ? null : createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Digits that libpg-query leaves out of the names of relations. */
const leftOut = /\d\d|\d$/;
/** Tables by month or day are asked the same from week to week under changing names; `lines1` and `lines2` are two tables. */
const dated = /\d{4}/;

/** libpg-query leaves schemas out, and numbers: one table in the schemas of a hundred tenants would be one statement. */
function namesIn(tree: unknown): string {
  const schemas: string[] = [];
  const numbered: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('relname' in node) {
      const name = String(node.relname);
      if ('schemaname' in node) schemas.push(String(node.schemaname));
      if (leftOut.test(name) && !dated.test(name)) numbered.push(name);
    }
    for (const value of Object.values(node)) visit(value);
  };
  visit(tree);
  // In whose schema an unqualified name was found is not said; nearly always it is this one.
  const usual = schemas.every((schema) => schema === 'public' || schema === 'pg_catalog');
  if (usual && numbered.length === 0) return '';
  const named = numbered.length === 0 ? schemas : [schemas, numbered];
  return createHash('sha256').update(JSON.stringify(named)).digest('hex').slice(0, 8);
}

function labelOf(kind: string, tree: unknown): string | null {
  if (!plannable.has(kind)) return null;
  const relations: string[] = [];
  const common = new Set<string>();
  visitNames(tree, relations, common);
  const relation = relations.find((name) => !common.has(name));
  return relation === undefined ? null : `${kind.replace('Stmt', '').toUpperCase()} on ${relation}`;
}

/** Relations, those a query reads or changes before those of its subqueries, and the names that WITH gives. */
function visitNames(node: unknown, relations: string[], common: Set<string>): void {
  if (typeof node !== 'object' || node === null) return;
  const first = (key: string): number => Number(key !== 'relation' && key !== 'fromClause');
  for (const [key, value] of Object.entries(node).sort(([a], [b]) => first(a) - first(b))) {
    if (key === 'RangeVar' || key === 'relation') relations.push(String(value?.relname ?? ''));
    if (key === 'CommonTableExpr') common.add(String(value?.ctename ?? ''));
    visitNames(value, relations, common);
  }
}

/** What to write for each value of a text. */
interface Blanks {
  readonly text: () => string;
  readonly number: () => string;
  readonly word: () => string;
}

const forFingerprint: Blanks = { text: () => "''", number: () => '1', word: () => 'x' };

function placeholders(sql: string): Blanks {
  let last = Math.max(0, ...tokensOf(sql).map(({ text }) => Number(/^\$(\d+)$/.exec(text)?.[1] ?? 0)));
  const next = () => `$${++last}`;
  return { text: next, number: next, word: next };
}

/** null where a value cannot be told from the statement that follows it. */
function withoutValues(
  sql: string,
  { kinds, values }: { readonly kinds: readonly string[]; readonly values: ReadonlySet<string> },
  blanks: Blanks,
): string | null {
  const keepsOrdinals = kinds.length === 1 && plannable.has(kinds[0] ?? '');
  const bytes = Buffer.from(sql);
  let at = 0;
  let text = '';
  for (const token of tokensOf(sql)) {
    // Offsets are bytes of UTF-8, not characters.
    const between = bytes.toString('utf8', at, token.start);
    at = token.end;
    const number = /^\.?\d/.test(token.text);
    if (isComment(token)) text += hintsIn(token.text) ?? (between === '' ? ' ' : between);
    else if (isLiteral(token.text) && !(keepsOrdinals && /^\d{1,4}$/.test(token.text))) {
      text += between + (number ? blanks.number() : blanks.text());
    } else if (isName(token) && values.has(nameOf(token.text))) text += between + blanks.word();
    else text += between + token.text;
    if (kinds.some((kind) => settingValue.has(kind)) && /^(to|=)$/i.test(token.text)) {
      return kinds.length > 1 ? null : `${text} ${blanks.text()}`;
    }
  }
  return text.replace(/;\s*$/, '').trim();
}

const tokensOf = (sql: string): readonly Token[] => scanSync(sql).tokens;
const isName = ({ text, keywordName }: Token) =>
  /^"/.test(text) || (keywordName === 'NO_KEYWORD' && /^[^\W\d]/u.test(text));
const nameOf = (text: string) => (text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text.toLowerCase());

/** Words that stand for values: of options, such as (slot_name = x), and what a trigger is given. */
function valuesIn(tree: unknown): ReadonlySet<string> {
  const values = new Set<string>();
  const collect = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'sval') values.add(String(value));
      else collect(value);
    }
  };
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'DefElem' && value?.defname !== 'language') collect(value?.arg);
      if (key === 'CreateTrigStmt') collect(value?.args);
      visit(value);
    }
  };
  visit(tree);
  return values;
}

/** With standard_conforming_strings off, such a string ends elsewhere, and what follows is data. */
const isAmbiguous = ({ text }: Token) => text.startsWith("'") && text.includes("\\'");

const isComment = (token: Token) => token.tokenName === 'C_COMMENT' || token.tokenName === 'SQL_COMMENT';

/** What is left of a hint: index hints with plain names, as pg_hint_plan reads them. Anything else in a comment may be data. */
function hintsIn(comment: string): string | null {
  if (!comment.startsWith('/*+')) return null;
  const hints = comment.match(/\b(?:Index|IndexOnly|Bitmap)Scan\s*\(\s*[a-z_]\w*(?:\s+[a-z_]\w*)*\s*\)/gi);
  return hints === null ? null : ` /*+ ${hints.join(' ').replace(/\s+/g, ' ')} */`;
}

/** By its spelling, since the scanner names only some of the kinds: strings of every prefix, dollar quotes, numbers. */
function isLiteral(text: string): boolean {
  if (/^(u&)?"/i.test(text)) return false;
  return text.includes("'") || /^\.?\d/.test(text) || (text.startsWith('$') && !/^\$\d+$/.test(text));
}
