/** Key columns and definition of an index, from the numbers that pg_index keeps. */
import type { IndexKey, IndexRow } from '../../model/rows.ts';
import type { NumberedColumn } from './columns.ts';

export interface SpellingLine {
  /** By oid: the name, quoted and qualified as need be, and the type it is the default of. */
  readonly classes: Readonly<Record<string, readonly [name: string, type: string]>>;
  readonly collations: Readonly<Record<string, string>>;
  /** All but the unreserved. */
  readonly keywords: readonly string[];
}

/** Numbers are separated by spaces. */
export interface Indexed {
  readonly schema: string;
  readonly table: string;
  readonly index: string;
  readonly method: string;
  readonly unique: boolean;
  /** Of columns, 0 for an expression: first the keys, then what is included. */
  readonly numbers: string;
  readonly classes: string;
  readonly collations: string;
  readonly options: string;
  readonly expressions: readonly string[] | null;
  /** NULL: a btree of plain columns, in ascending order and with default operator classes. */
  readonly definition: string | null;
}

export type Spelling = Required<Pick<IndexRow, 'definition' | 'keys' | 'included'>>;

const listOf = (numbers: string): readonly string[] => (numbers === '' ? [] : numbers.split(' '));

/** Answers null where a column is not known. */
export function spelledBy({ classes, collations, keywords }: SpellingLine) {
  const reserved = new Set(keywords);
  /** As quote_ident. */
  const quoted = (name: string): string =>
    /^[a-z_][a-z0-9_]*$/.test(name) && !reserved.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
  const isUsual = (type: string, [name, own]: readonly [string, string]) => {
    const base = type.replace(/\([^)]*\)/, '');
    return base === own || (base === 'character varying' && name === 'text_ops');
  };
  return (line: Indexed, columns: ReadonlyMap<number, NumberedColumn> | null): Spelling | null => {
    const [numbers, options] = [listOf(line.numbers).map(Number), listOf(line.options).map(Number)];
    const [ofKeys, collated] = [listOf(line.classes), listOf(line.collations)];
    if (columns === null || numbers.some((number) => number !== 0 && !columns.has(number))) return null;
    const expressions = [...(line.expressions ?? [])];
    const names = numbers.map((number) => columns.get(number)?.name ?? expressions.shift() ?? '');
    const keys = options.map((option, at): IndexKey => {
      const collation = collations[collated[at] ?? ''];
      return {
        name: names[at] ?? '',
        expression: numbers[at] === 0,
        opclass: classes[ofKeys[at] ?? '']?.[0] ?? '',
        // Bits: 1 for DESC, 2 for NULLS FIRST.
        descending: (option & 1) === 1,
        nullsFirst: (option & 2) === 2,
        ...(collation === undefined ? {} : { collation }),
      };
    });
    const parts = numbers.map((number, at) => {
      const column = columns.get(number);
      const usual = classes[ofKeys[at] ?? ''] ?? ['', ''];
      const collation = column?.ownCollation === false ? ' COLLATE "default"' : '';
      const opclass = isUsual(column?.type ?? '', usual) ? '' : ` ${usual[0]}`;
      return `${quoted(names[at] ?? '')}${collation}${opclass}`;
    });
    const on = `${quoted(line.schema)}.${quoted(line.table)}`;
    const plain = `CREATE ${line.unique ? 'UNIQUE ' : ''}INDEX ${quoted(line.index)} ON ${on} USING btree (${parts.join(', ')})`;
    return { definition: line.definition ?? plain, keys, included: names.slice(options.length) };
  };
}
