/** Why the span that evidence rests on is a poor one. Each finding of the kind is given one level less confidence. */
import type { Changes } from '../model/changes.ts';
import { ENOUGH_SAMPLES } from '../model/quality.ts';
import type { Snapshot } from '../model/snapshot.ts';

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
