/** Which sizes are PostgreSQL's own estimate, as only those of the largest are read exactly. */
import { exactTables } from './table-sql.ts';

interface Row {
  readonly database: string;
  readonly partitioned?: boolean;
}

export function roughSizeNotes(tables: readonly Row[], indexes: readonly Row[]): readonly string[] {
  const rough = (rows: readonly Row[], exact: number): number => {
    const counts = new Map<string, number>();
    for (const { database, partitioned } of rows) {
      if (partitioned !== true) counts.set(database, (counts.get(database) ?? 0) + 1);
    }
    return [...counts.values()].reduce((sum, count) => sum + Math.max(0, count - exact), 0);
  };
  const small = rough(tables, exactTables);
  const smallIndexes = rough(indexes, 3 * exactTables);
  const named = [...(small > 0 ? [`${small} tables`] : []), ...(smallIndexes > 0 ? [`${smallIndexes} indexes`] : [])];
  if (named.length === 0) return [];
  return [
    `The sizes of ${named.join(' and ')}, the smallest of their databases, are those of the last VACUUM or ANALYZE: to read them exactly PostgreSQL would have to open each.`,
  ];
}
