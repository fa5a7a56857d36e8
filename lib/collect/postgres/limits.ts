/** Which numbers of a large database are PostgreSQL's own estimate, or unread, as only those of the largest are asked for. */
import { closest } from './column-sql.ts';

interface Rough {
  readonly roughSize: boolean;
}

export function roughSizeNotes(tables: readonly Rough[], indexes: readonly Rough[]): readonly string[] {
  const count = (all: readonly Rough[], what: string) => {
    const rough = all.filter(({ roughSize }) => roughSize).length;
    return rough === 0 ? [] : [`${rough} ${what}`];
  };
  const named = [...count(tables, 'tables'), ...count(indexes, 'indexes')];
  if (named.length === 0) return [];
  return [
    `The sizes of ${named.join(' and ')}, the smallest of their databases, are those of the last VACUUM or ANALYZE: to read them exactly PostgreSQL would have to open each.`,
  ];
}

export function unreadStatisticsNotes(
  tables: readonly { readonly row: { readonly columnStatistics?: 'no-right' | 'not-read' } }[],
): readonly string[] {
  const unread = tables.filter(({ row }) => row.columnStatistics === 'not-read').length;
  if (unread === 0) return [];
  return [
    `Column statistics of ${unread} tables were not read, and advice on their indexes does without: in each database the ${closest.largest} largest and the ${closest.mostRead} most read are looked at, as the view asks for the right to every column.`,
  ];
}

export const unreadSequencesNotes = (database: string, unread: number): readonly string[] =>
  unread === 0
    ? []
    : [
        `${unread} sequences of ${database} that count to 10^18 and beyond were not read: of so many, only those are that can come to an end.`,
      ];
