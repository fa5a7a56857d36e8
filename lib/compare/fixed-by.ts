/** What changed when a regression went calm: our own advice carried out, a new index, a setting. Seen beside it, no proof. */
import type { Past } from '../model/changes.ts';
import type { HistoryFinding } from '../model/history.ts';
import { isStanding, type Regression } from '../model/regression.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { changedSettings } from './meanwhile.ts';
import { tablesNamed } from './words.ts';

const MOST = 3;

interface Surroundings {
  readonly snapshot: Snapshot;
  readonly past: Past;
  readonly carriedOut: readonly HistoryFinding[];
}

/** Said in the first calm week and kept until it is over; what is worse again has not been fixed. */
export function withFixes(regressions: readonly Regression[], around: Surroundings): readonly Regression[] {
  return regressions.map((one) => {
    const { fixedBy, ...open } = one;
    if (isStanding(one)) return open;
    const all = fixedBy === undefined ? fixesOf(one, around) : [];
    return all.length === 0 ? one : { ...one, fixedBy: all.slice(0, MOST).join('; ') };
  });
}

function fixesOf({ subject }: Regression, { snapshot, past, carriedOut }: Surroundings): readonly string[] {
  const { database, schema, table, statement } = subject;
  const row = snapshot.statements.find((one) => one.database === database && one.statement === statement);
  const places = [
    ...(row === undefined ? [] : tablesNamed(row, snapshot.tables)),
    ...snapshot.tables.filter((one) => one.database === database && one.schema === schema && one.table === table),
  ];
  const concerns = (of: { database?: string | undefined; schema?: string | undefined; table?: string | undefined }) =>
    places.some((one) => one.database === of.database && one.schema === of.schema && one.table === of.table);
  const ours = carriedOut.filter(
    (one) =>
      (statement !== undefined && one.subject.statement === statement) ||
      (one.gain.kind === 'statement-time' && statement !== undefined && one.gain.statements.includes(statement)) ||
      concerns(one.subject),
  );
  const then = past.previous;
  // Where no index of the table was seen then, nobody may have looked.
  const created =
    then === null
      ? []
      : snapshot.indexes.filter(
          (index) =>
            concerns(index) &&
            then.indexes.some((one) => one.database === index.database && one.table === index.table) &&
            !then.indexes.some(
              (one) => one.database === index.database && one.schema === index.schema && one.index === index.index,
            ),
        );
  return [
    ...ours.map(({ title }) => `our advice was carried out: ${title}`),
    ...created.map(({ index }) => `the index ${index} was created`),
    ...(then === null ? [] : changedSettings(then, snapshot)),
  ];
}
