/** The few words compare puts into titles and sentences. */
import type { StatementRow, TableRow } from '../model/rows.ts';

const NAME = String.raw`(?:"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)`;
const RELATION = new RegExp(String.raw`\b(?:from|into|update|join)\s+(?:only\s+)?(${NAME}(?:\s*\.\s*${NAME})?)`, 'giu');
const PART = new RegExp(NAME, 'gu');
const LONGEST = 60;

/** Two significant digits, no exponent. */
export function round(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const digits = Math.max(0, 1 - Math.floor(Math.log10(Math.abs(value))));
  return Math.abs(value) >= 100
    ? Math.round(value).toLocaleString('en-US')
    : String(Number(value.toFixed(Math.min(digits, 12))));
}

export function percent(share: number): string {
  const value = share * 100;
  // Nearly all is not all.
  return `${value < 100 && value >= 99.5 ? Math.floor(value * 10) / 10 : round(value)} %`;
}

/** `3.2 times slower` from twice on, `35 % slower` below. */
export function byHowMuch(ratio: number, what: string): string {
  return ratio >= 2 ? `${round(ratio)} times ${what}` : `${percent(ratio - 1)} ${what}`;
}

/** Of time a call takes, now ÷ then. */
export function slower(ratio: number): string {
  return ratio >= 1 ? byHowMuch(ratio, 'slower') : byHowMuch(1 / ratio, 'faster');
}

export function bytes(value: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let scaled = value;
  let unit = 0;
  while (Math.abs(scaled) >= 1024 && unit < units.length - 1) {
    scaled /= 1024;
    unit += 1;
  }
  return `${round(scaled)} ${units[unit] ?? ''}`;
}

/** Known tables a statement names. Without a parser `extract(day from x)` looks like a table; the catalog sorts it out. */
export function tablesNamed(
  row: Pick<StatementRow, 'database' | 'text'>,
  tables: readonly TableRow[],
): readonly TableRow[] {
  const names = relations(row.text ?? '');
  const here = tables.filter((table) => table.database === row.database);
  const found = names.flatMap((name) =>
    here.filter((table) => table.table === name.table && (name.schema === null || table.schema === name.schema)),
  );
  return [...new Set(found)];
}

/** `SELECT on product_listing`, else the beginning of the text, else the queryid. */
export function statementName(
  row: Pick<StatementRow, 'database' | 'text' | 'label' | 'queryid'>,
  tables: readonly TableRow[],
): string {
  if (row.label !== undefined) return short(row.label);
  const text = (row.text ?? '').replace(/\s+/gu, ' ').trim();
  if (text === '') return `Statement ${row.queryid}`;
  const verb = /^(select|insert|update|delete|merge|with)\b/iu.exec(text)?.[1]?.toUpperCase();
  const seen = tables.some((table) => table.database === row.database);
  const table = seen ? tablesNamed(row, tables)[0]?.table : relations(text)[0]?.table;
  if (verb !== undefined && table !== undefined) return `${verb === 'WITH' ? 'WITH query' : verb} on ${short(table)}`;
  return short(text);
}

/** Work on the database rather than with it: CREATE INDEX is not a release that got slower. */
export function isUtility(text: string | undefined): boolean {
  return text !== undefined && !/^[\s(]*(select|insert|update|delete|merge|with|values|table)\b/iu.test(text);
}

function relations(text: string): readonly { readonly schema: string | null; readonly table: string }[] {
  return [...text.matchAll(RELATION)].flatMap((match) => {
    const parts = [...(match[1] ?? '').matchAll(PART)].map(([part]) =>
      part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part.toLowerCase(),
    );
    const table = parts.at(-1);
    return table === undefined ? [] : [{ schema: parts.length > 1 ? (parts[0] ?? null) : null, table }];
  });
}

function short(text: string): string {
  const points = [...text];
  return points.length <= LONGEST ? text : `${points.slice(0, LONGEST - 1).join('')}…`;
}
