/** The canonical units. A quantity has exactly one; dialects convert at the edge, `report/format.ts` makes the words. */
export type Unit =
  | 'ms'
  | 's'
  | 'bytes'
  | 'share' // 0..1
  | 'count'
  | 'rows'
  | 'blocks' // of the server's block size, 8 KiB unless built otherwise
  | 'unix-s' // seconds since 1970, UTC
  | 'xids' // transaction ids
  | 'ms/week'
  | 'ms/call'
  | 'rows/call'
  | 'blocks/call'
  | 'calls/week';

/** What is known of a number nobody can know exactly; `low` and `high` are the 80 % interval unless said otherwise. */
export interface Interval {
  readonly low: number;
  readonly likely: number;
  readonly high: number;
}

export const WEEK_SECONDS = 7 * 24 * 3600;
