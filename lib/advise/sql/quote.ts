/** Identifiers as PostgreSQL reads them back. Always quoted unless plainly safe: a keyword must never slip through. */

const PLAIN = /^[a-z_][a-z0-9_]{0,62}$/;
/** The reserved words of PostgreSQL 13–18; quoting one too many does no harm. */
const RESERVED = new Set(
  `all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast
  char character check coalesce collate collation column concurrently constraint create cross current_catalog
  current_date current_role current_schema current_time current_timestamp current_user dec decimal default deferrable
  desc distinct do else end except exists extract false fetch float for foreign freeze from full grant greatest group
  grouping having ilike in initially inner inout int integer intersect interval into is isnull join json json_array
  json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize json_table json_value
  lateral leading least left like limit localtime localtimestamp merge_action national natural nchar none normalize not
  notnull null nullif numeric offset on only or order out outer overlaps overlay placing position precision primary
  real references returning right row select session_user setof similar smallint some substring symmetric system_user
  table tablesample then time timestamp to trailing treat trim true union unique user using values varchar variadic
  verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi
  xmlroot xmlserialize xmltable`.split(/\s+/),
);

/**
 * What a page, a mail or a terminal drops, folds or turns around. Copied from there, `"orders<RLM>"` would be `"orders"`:
 * another object. Such characters are printed as escapes, which name the right one and can be seen.
 */
const UNSEEN = /(?! )[\p{C}\p{Z}]|^ | $|(?<= ) /gu;

export function quoteName(name: string): string {
  if (PLAIN.test(name) && !RESERVED.has(name)) return name;
  const shown = escaped(
    name.replaceAll('\\', '\\\\'),
    (code) => `\\${hex(code, 4)}`,
    (code) => `\\+${hex(code, 6)}`,
  );
  return hides(name) ? `U&${inQuotes(shown)}` : inQuotes(name);
}

export function quoteQualified(schema: string, name: string): string {
  return `${quoteName(schema)}.${quoteName(name)}`;
}

/** A relation as the text that `::regclass` reads; escapes of identifiers are not known there. */
export function quoteRegclass(schema: string, name: string): string {
  return quoteText([schema, name].map((part) => (hides(part) ? inQuotes(part) : quoteName(part))).join('.'));
}

export function quoteText(value: string): string {
  const quoted = value.replaceAll("'", "''");
  if (!value.includes('\\') && !hides(value)) return `'${quoted}'`;
  const doubled = quoted.replaceAll('\\', '\\\\');
  return `E'${escaped(
    doubled,
    (code) => `\\u${hex(code, 4)}`,
    (code) => `\\U${hex(code, 8)}`,
  )}'`;
}

/** SQL that PostgreSQL printed or was sent, the same names and texts in it spelt so that they can be seen. */
export function spelledOut(sql: string): string {
  return sql.replace(/((?:U&|E)?)("(?:[^"]|"")*"|'(?:[^']|'')*')/gi, (whole, prefix: string, quoted: string) => {
    const inner = quoted.slice(1, -1);
    if (prefix !== '' || !hides(inner)) return whole;
    return quoted.startsWith('"') ? quoteName(inner.replaceAll('""', '"')) : quoteText(inner.replaceAll("''", "'"));
  });
}

function inQuotes(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Nearly every name and text; the classes of all of Unicode are compiled for the others only. */
const SEEN = /^[!-~]+(?: [!-~]+)*$/;

function hides(text: string): boolean {
  return !SEEN.test(text) && text.search(UNSEEN) >= 0;
}

function escaped(text: string, short: (code: number) => string, long: (code: number) => string): string {
  return text.replace(UNSEEN, (sign) => {
    const code = sign.codePointAt(0) ?? 0;
    return code > 0xffff ? long(code) : short(code);
  });
}

function hex(code: number, digits: number): string {
  return code.toString(16).toUpperCase().padStart(digits, '0');
}
