/** What advice did to a table, a server or the disk: readings then and now. A reading has no sampling error. */
import type { HistoryFinding } from '../model/history.ts';
import type { Gained } from './statement-gain.ts';
import { type Week, weeksIn } from './week.ts';
import { bytes, percent, round } from './words.ts';

/** Dead rows and connections go up and down by themselves; a smaller move is no news. */
const MIN_MOVE = 0.2;
/** Of an object that was rebuilt rather than dropped. */
const MIN_FREED = 0.05;

export function measureGain(finding: HistoryFinding, then: Week, now: Week): Gained {
  const { gain, subject } = finding;
  switch (gain.kind) {
    case 'table-measure': {
      const find = (week: Week): number | null =>
        week.tables.find((t) => t.database === gain.database && t.schema === gain.schema && t.table === gain.table)
          ?.measures[gain.measure] ?? null;
      const words = gain.measure === 'deadRows' ? 'dead rows' : 'rows modified since the last ANALYZE';
      return moved(find(then), find(now), `${words} of ${gain.schema}.${gain.table}`);
    }
    case 'server-measure': {
      const words = {
        connectionsPeak: 'connections at the peak',
        idleInTransactionSeconds: 'seconds of the oldest idle transaction',
        checkpointsRequested: 'requested checkpoints a week',
      }[gain.measure];
      return moved(serverMeasure(then, gain.measure), serverMeasure(now, gain.measure), words);
    }
    case 'object-gone':
      return freed(sizeOf(then, subject), sizeOf(now, subject));
    case 'statement-time':
      return { verdict: 'unknown', realised: null, words: 'its statements were not seen', notes: [] };
    default:
      throw new Error(`unknown gain ${gain satisfies never}`);
  }
}

function serverMeasure(week: Week, measure: string): number | null {
  const value = week.server[measure];
  if (value === undefined) return null;
  if (measure !== 'checkpointsRequested') return value;
  const weeks = weeksIn(week.spans.server);
  return weeks === null ? null : value / weeks;
}

function moved(before: number | null, now: number | null, words: string): Gained {
  if (before === null || now === null || before <= 0) {
    return { verdict: 'unknown', realised: null, words: `${words}: then or now is not known`, notes: [] };
  }
  const share = 1 - now / before;
  return {
    verdict: share >= MIN_MOVE ? 'verified' : share <= -MIN_MOVE ? 'worse' : 'no-effect',
    realised: { low: share, likely: share, high: share },
    words: `${words}: ${round(before)} then, ${round(now)} now`,
    notes: [],
  };
}

/** Sizes of the subject; `gone` is told from `not seen` by the sign, which the caller has looked for. */
function sizeOf(week: Week, { database, schema, table, index }: HistoryFinding['subject']): number | null {
  if (index !== undefined) {
    const row = week.indexes.find((r) => r.database === database && r.schema === schema && r.index === index);
    return row?.measures.sizeBytes ?? null;
  }
  const row = week.tables.find((r) => r.database === database && r.schema === schema && r.table === table);
  const { heapBytes, indexBytes } = row?.measures ?? {};
  return heapBytes === undefined && indexBytes === undefined ? null : (heapBytes ?? 0) + (indexBytes ?? 0);
}

function freed(before: number | null, now: number | null): Gained {
  if (before === null) {
    return { verdict: 'verified', realised: null, words: 'how large it was is not known', notes: [] };
  }
  const gone = before - (now ?? 0);
  return {
    verdict: gone >= MIN_FREED * before ? 'verified' : 'no-effect',
    realised: { low: gone, likely: gone, high: gone },
    words: gone >= 0 ? `${bytes(gone)} came back` : `it takes ${bytes(-gone)} more`,
    notes: [],
  };
}

/** `as predicted` when what came lies inside what was promised. */
export function againstPrediction(finding: HistoryFinding, realised: Gained['realised']): string {
  const { predicted } = finding;
  if (predicted === null) return '';
  const words = predicted.unit === 'share' ? percent : bytes;
  const range =
    words(predicted.low) === words(predicted.high)
      ? words(predicted.low)
      : `${words(predicted.low)} to ${words(predicted.high)}`;
  if (realised === null) return `; ${range} was predicted`;
  // Bytes are readings of one object that lives: a promise kept to a twentieth is kept.
  const slack = predicted.unit === 'bytes' ? MIN_FREED * predicted.likely : 0;
  const { likely } = realised;
  const word =
    likely < predicted.low - slack ? 'less than' : likely > predicted.high + slack ? 'more than' : 'as predicted:';
  return `, ${word} ${word === 'as predicted:' ? range : `the predicted ${range}`}`;
}
