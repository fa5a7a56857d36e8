/**
 * What is known of a week besides its statements, a number a row and measure: what a step is judged against. Never a
 * cumulative counter: rates are of the week's own increase.
 */
export interface WeeklyValues {
  /** ISO 8601: end of that run's window. */
  readonly end: string;
  /** By metric, then by row (rowName in compare/weekly/values.ts). */
  readonly values: ReadonlyMap<string, ReadonlyMap<string, number>>;
}
