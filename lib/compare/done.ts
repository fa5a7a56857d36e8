/** Whether advice was carried out, as the catalog shows it. Not looked is another answer than not there. */
import type { DoneSign } from '../model/finding.ts';
import type { HistoryFinding } from '../model/history.ts';
import type { IndexRow } from '../model/rows.ts';
import type { Snapshot } from '../model/snapshot.ts';

export interface Seen {
  readonly sign: 'seen' | 'not-seen' | 'blind';
  /** What was seen, as the beginning of a sentence; with `blind`, what could not be. */
  readonly words: string;
}

export function lookFor({ done, subject }: Pick<HistoryFinding, 'done' | 'subject'>, snapshot: Snapshot): Seen {
  switch (done.kind) {
    case 'index-created': {
      const { database, schema, table, columns } = done;
      const indexes = snapshot.indexes.filter((row) => of(row, { database, schema, table }) && row.keys !== undefined);
      if (indexes.length === 0 && !sawIndexes(snapshot, done.database, { schema, table })) {
        return { sign: 'blind', words: `The indexes of ${schema}.${table} were not seen` };
      }
      const found = indexes.find(
        (row) => row.valid === true && leads(row, columns) && (done.partial !== true || row.predicate !== undefined),
      );
      const on = `${schema}.${table} (${columns.join(', ')})`;
      return found === undefined
        ? { sign: 'not-seen', words: `No valid index on ${on} was seen` }
        : { sign: 'seen', words: `The index ${found.index} on ${on} was created` };
    }
    case 'index-dropped': {
      const { database, schema, index } = done;
      if (snapshot.indexes.some((row) => row.database === database && row.schema === schema && row.index === index)) {
        return { sign: 'not-seen', words: `The index ${schema}.${index} is still there` };
      }
      const table = subject.table === undefined ? undefined : { schema, table: subject.table };
      if (!sawIndexes(snapshot, database, table)) {
        return { sign: 'blind', words: `The indexes of ${subject.table ?? schema} were not seen` };
      }
      return { sign: 'seen', words: `The index ${schema}.${index} was dropped` };
    }
    case 'setting-changed': {
      const now = snapshot.server.settings[done.setting]?.value;
      if (now === undefined || done.from === null) return { sign: 'blind', words: `${done.setting} could not be read` };
      if (now === done.from) return { sign: 'not-seen', words: `${done.setting} is still ${now}` };
      return { sign: 'seen', words: `${done.setting} was changed from ${done.from} to ${now}` };
    }
    case 'storage-changed': {
      const row = snapshot.tables.find((table) => of(table, done));
      const name = `${done.parameter} of ${done.schema}.${done.table}`;
      if (row?.storage === undefined) return { sign: 'blind', words: `${name} could not be read` };
      const now = row.storage[done.parameter] ?? null;
      if (now === done.from) return { sign: 'not-seen', words: `${name} is still ${now ?? 'not set'}` };
      return { sign: 'seen', words: `${name} was changed from ${done.from ?? 'not set'} to ${now ?? 'not set'}` };
    }
    case 'measure-moved':
      return { sign: 'not-seen', words: 'What was advised leaves no trace in the catalog' };
    default:
      throw new Error(`unknown sign ${done satisfies never}`);
  }
}

/** Key order aside, whether two findings wait for the same sign. */
export function sameSign(a: DoneSign, b: DoneSign): boolean {
  const plain = (sign: DoneSign): string => JSON.stringify(Object.entries(sign).sort(([x], [y]) => (x < y ? -1 : 1)));
  return plain(a) === plain(b);
}

interface Place {
  readonly database: string;
  readonly schema: string;
  readonly table: string;
}

function of(row: Place, place: Place): boolean {
  return row.database === place.database && row.schema === place.schema && row.table === place.table;
}

function leads(row: IndexRow, columns: readonly string[]): boolean {
  // An expression is advised as pg_get_indexdef prints it, which is no column's name.
  return columns.every((name, at) => row.keys?.[at]?.name === name);
}

/** A table can have lost its last index: then it must be there itself, among tables whose indexes were seen. */
function sawIndexes(snapshot: Snapshot, database: string, table?: { schema: string; table: string }): boolean {
  const here = snapshot.indexes.filter((row) => row.database === database);
  if (table === undefined) return here.length > 0 && !cutShort(snapshot, database);
  if (here.some((row) => of(row, { database, ...table }))) return true;
  const there = snapshot.tables.some((row) => of(row, { database, ...table }));
  return there && here.length > 0 && !cutShort(snapshot, database);
}

function cutShort({ gaps }: Snapshot, database: string): boolean {
  return gaps.some(
    (gap) =>
      gap.kind === 'index' &&
      (gap.database === undefined || gap.database === database) &&
      (gap.absence === 'truncated' || gap.absence === 'unreachable' || gap.absence === 'no-right'),
  );
}
