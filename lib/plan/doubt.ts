/** Why the span that evidence rests on is a poor one. Each finding of the kind is given one level less confidence. */
import type { Changes } from '../model/changes.ts';
import type { Finding } from '../model/finding.ts';
import { ENOUGH_SAMPLES } from '../model/quality.ts';
import type { Snapshot } from '../model/snapshot.ts';

/** Below this share of the window a row's counters say at least, and little of a week. */
const HALF = 0.5;

/** Of one finding: what is wrong with the span, else with the rows that it speaks of. */
export type Doubt = (finding: Finding) => string | null;

export function doubtOf(snapshot: Snapshot, changes: Pick<Changes, 'traffic'>): Doubt {
  const ofSpan = doubtsOf(snapshot, changes);
  const thin = <Row extends { readonly seenShare?: number }>(rows: readonly Row[]) =>
    rows.flatMap((row) =>
      row.seenShare !== undefined && row.seenShare < HALF ? [{ ...row, share: row.seenShare }] : [],
    );
  const statements = thin(snapshot.statements);
  const indexes = thin(snapshot.indexes);
  const tables = thin(snapshot.tables);
  return ({ subject, benefit }) => {
    if (ofSpan[benefit.kind] !== null) return ofSpan[benefit.kind];
    const { database, schema, table, index } = subject;
    const here = (row: { readonly database: string; readonly schema: string }) =>
      row.database === database && row.schema === schema;
    const own =
      benefit.kind === 'time' && benefit.statements.length > 0
        ? statements.filter(
            (row) =>
              benefit.statements.includes(row.statement) && (database === undefined || row.database === database),
          )
        : index === undefined
          ? tables.filter((row) => here(row) && row.table === table)
          : indexes.filter((row) => here(row) && row.index === index);
    if (own.length === 0) return null;
    const least = own.reduce((low, { share }) => Math.min(low, share), 1);
    return `Its counters were seen for only ${Math.floor(least * 100)} % of the time, which lowers the confidence.`;
  };
}

export type Doubts = Readonly<Record<'time' | 'space' | 'risk', string | null>>;

/** Whole sentences for a benefit's basis; null where nothing is in doubt. */
export function doubtsOf({ quality, spans }: Snapshot, { traffic }: Pick<Changes, 'traffic'>): Doubts {
  const { coveredShare } = quality;
  const few = coveredShare !== null && coveredShare < ENOUGH_SAMPLES;
  const holes = (kind: 'statement' | 'index' | 'server') =>
    few && spans[kind]?.source === 'prometheus'
      ? `Only ${Math.floor(coveredShare * 100)} % of the window has samples, which lowers the confidence.`
      : null;
  const quiet =
    traffic?.verdict === 'quieter' ? 'The week was quieter than those before, which lowers the confidence.' : null;
  const busy =
    traffic?.verdict === 'busier' ? 'The week was busier than those before, which lowers the confidence.' : null;
  // What nobody used in a quiet week may be used in others; a danger that shows in one is there in all.
  return { time: holes('statement') ?? quiet ?? busy, space: holes('index') ?? quiet, risk: holes('server') };
}
