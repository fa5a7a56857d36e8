/**
 * Rows by what advisors look for, each map built once per list: a server has thousands of tables, and each is asked for
 * its indexes and its statements. The lists of a snapshot never change, so a list stands for its map.
 */
import type { IndexRow, StatementRow, TableRow } from '../model/rows.ts';

interface Place {
  readonly database: string;
  readonly schema: string;
  readonly table: string;
}

/** A list → its map; the map goes when the list goes. */
function onceFor<Row, Found>(build: (rows: readonly Row[]) => Found): (rows: readonly Row[]) => Found {
  const known = new WeakMap<readonly Row[], Found>();
  return (rows) => {
    const found = known.get(rows) ?? build(rows);
    known.set(rows, found);
    return found;
  };
}

function groupBy<Row>(rows: readonly Row[], keyOf: (row: Row) => string): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

/** No name holds a NUL. */
const placeOf = ({ database, schema, table }: Place) => `${database}\0${schema}\0${table}`;
const inDatabase = ({ database, table }: Pick<Place, 'database' | 'table'>) => `${database}\0${table}`;

const indexesByTable = onceFor((rows: readonly IndexRow[]) => groupBy(rows, placeOf));
const tablesByPlace = onceFor((rows: readonly TableRow[]) => new Map(rows.map((row) => [placeOf(row), row])));
const tablesByDatabase = onceFor((rows: readonly TableRow[]) => groupBy(rows, ({ database }) => database));
const tablesByName = onceFor((rows: readonly TableRow[]) => groupBy(rows, inDatabase));
const partsByParent = onceFor((rows: readonly TableRow[]) =>
  groupBy(
    rows.filter(({ partitionOf }) => partitionOf !== undefined),
    ({ database, partitionOf }) => `${database}\0${partitionOf}`,
  ),
);
const indexNames = onceFor(
  (rows: readonly IndexRow[]) =>
    new Map(
      [...groupBy(rows, ({ database, schema }) => `${database}\0${schema}`)].map(
        ([key, own]) => [key, new Set(own.map(({ index }) => index))] as const,
      ),
    ),
);

export function indexesOf(indexes: readonly IndexRow[], table: Place): readonly IndexRow[] {
  return indexesByTable(indexes).get(placeOf(table)) ?? [];
}

export function tableAt(tables: readonly TableRow[], place: Place): TableRow | null {
  return tablesByPlace(tables).get(placeOf(place)) ?? null;
}

/** The same list for the same database, so that it can be looked into again. */
export function tablesIn(tables: readonly TableRow[], database: string): readonly TableRow[] {
  return tablesByDatabase(tables).get(database) ?? [];
}

/** In any schema. */
export function tablesNamed(tables: readonly TableRow[], database: string, table: string): readonly TableRow[] {
  return tablesByName(tables).get(inDatabase({ database, table })) ?? [];
}

/** Partitions of a parent; `parent`: `schema.table`. */
export function partsOf(tables: readonly TableRow[], database: string, parent: string): readonly TableRow[] {
  return partsByParent(tables).get(`${database}\0${parent}`) ?? [];
}

export function indexNamesIn(indexes: readonly IndexRow[], database: string, schema: string): ReadonlySet<string> {
  return indexNames(indexes).get(`${database}\0${schema}`) ?? new Set();
}

const WORDS = /"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*/gu;
/** The same where no sign is from beyond ASCII, several times as quick. */
const ASCII_WORDS = /"(?:[^"]|"")+"|[A-Za-z_][\w$]*/g;
const BEYOND_ASCII = /[^\0-\x7f]/;

/** Every word of a text that could be a name, folded as PostgreSQL folds; null where escapes may hide one. */
function namesIn(text: string): ReadonlySet<string> | null {
  if (/\bU&"/i.test(text)) return null;
  const names = new Set<string>();
  for (const word of text.match(BEYOND_ASCII.test(text) ? WORDS : ASCII_WORDS) ?? []) {
    if (word.startsWith('"')) names.add(word.slice(1, -1).replaceAll('""', '"'));
    else {
      names.add(word);
      names.add(word.toLowerCase());
    }
  }
  return names;
}

const statementsByIdentity = onceFor((rows: readonly StatementRow[]) => groupBy(rows, ({ statement }) => statement));

/** Rows of the statements named, in any database. */
export function statementsAmong(rows: readonly StatementRow[], wanted: readonly string[]): readonly StatementRow[] {
  const groups = statementsByIdentity(rows);
  return [...new Set(wanted)].flatMap((statement) => groups.get(statement) ?? []);
}

const statementsByName = onceFor((rows: readonly StatementRow[]) => {
  const groups = new Map<string, StatementRow[]>();
  const add = (key: string, row: StatementRow) => {
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  };
  for (const row of rows) {
    if (row.text === undefined) continue;
    const names = namesIn(row.text);
    // An empty name is no table's: here stands what may name any.
    if (names === null) add(inDatabase({ database: row.database, table: '' }), row);
    else for (const table of names) add(inDatabase({ database: row.database, table }), row);
  }
  return groups;
});

/** Statements whose text, whole or cut, may name the table or whatever else: only their parse tells whether they do. */
export function statementsNaming(
  statements: readonly StatementRow[],
  { database, table }: Pick<Place, 'database' | 'table'>,
): readonly StatementRow[] {
  const groups = statementsByName(statements);
  const unsure = groups.get(inDatabase({ database, table: '' })) ?? [];
  return [...(groups.get(inDatabase({ database, table })) ?? []), ...unsure];
}
