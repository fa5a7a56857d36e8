/** What is said about an opportunity wherever it is shown: gain, effort, risk, window. */
import type { Opportunity } from '../model/opportunity.ts';
import { isStanding, type Movement, type Progress, type Regression } from '../model/regression.ts';
import type { Unit } from '../model/units.ts';
import { anchor, type Cell, type Inline } from './blocks.ts';
import { between, change, date, effort, words } from './format.ts';
import { wholeWindow } from './headline.ts';
import { cut, oneLine } from './markup.ts';
import type { Sign } from './theme.ts';

export const areaTitles = {
  query: 'Query',
  index: 'Index',
  maintenance: 'Maintenance',
  system: 'System',
} as const satisfies Record<Opportunity['area'], string>;

export function gain({ area, benefit }: Pick<Opportunity, 'area' | 'benefit'>): string {
  const { kind, low, high, shareOfDbTime, counted } = benefit;
  switch (kind) {
    case 'risk':
      // A statement made faster averts nothing; only how much it gains is not known yet.
      return area === 'query' ? 'Less time; how much is not known' : 'Less risk; no number is claimed';
    case 'time': {
      if (shareOfDbTime !== undefined) {
        // The total leaves it out, and a reader who compares the two must see why.
        const hope = counted === false ? ', if looking leads to a change; not in the total' : '';
        return `${sentence(between(shareOfDbTime, 'share'))} of database time${hope}`;
      }
      return low === null || high === null ? 'Not quantified' : `${sentence(between({ low, high }, 'ms/week'))}`;
    }
    case 'space':
      return low === null || high === null ? 'Not quantified' : `${sentence(between({ low, high }, 'bytes'))} of disk`;
    default:
      throw new Error(`unknown benefit ${kind satisfies never}`);
  }
}

/** With the time itself, the effect on the statements concerned, and what the number rests on. */
export function gainInFull(opportunity: Opportunity): string {
  const { kind, low, high, reduces, basis, confidence } = opportunity.benefit;
  const time = kind === 'time' && low !== null && high !== null ? ` (${between({ low, high }, 'ms/week')})` : '';
  const alone = reduces === undefined ? '' : `; the statements concerned take ${between(reduces, 'share')} less time`;
  return `${gain(opportunity)}${time}${alone}. Basis: ${lower(basis)}; confidence ${confidence}.`;
}

export function effortOf({ effort: { engineerHours, machineMinutes } }: Pick<Opportunity, 'effort'>): string {
  const machine = machineMinutes === undefined ? '' : `, runs ${words(machineMinutes * 60, 's')}`;
  return `${effort(engineerHours)} of work${machine}`;
}

/** With what the hours are for. */
export function effortInFull(opportunity: Pick<Opportunity, 'effort'>): string {
  const { analysis, review, rollout } = opportunity.effort;
  const parts = Object.entries({ analysis, review, rollout }).flatMap(([name, hours]) =>
    hours === undefined || hours === 0 ? [] : [`${effort(hours)} ${name}`],
  );
  return parts.length === 0 ? effortOf(opportunity) : `${effortOf(opportunity)}: ${parts.join(', ')}`;
}

export function riskOf({ risk }: Pick<Opportunity, 'risk'>): string {
  return sentence(risk.level);
}

/** The strongest lock among the steps, in one phrase with what it blocks. */
export function lockOf(opportunity: Pick<Opportunity, 'steps'>): string {
  const step = strongest(opportunity);
  return step === null ? 'no lock' : `${step.lock}${step.blocks === undefined ? '' : `, blocks ${step.blocks}`}`;
}

/** Functions that a SELECT calls for what they do. */
const ACTS =
  /\bpg_(reload_conf|cancel_backend|terminate_backend|drop_replication_slot|create_restore_point|switch_wal)\b/i;

/** A statement that writes nothing, not even WAL, and does nothing else. */
export function onlyLooks({ sql, inTransaction, diskBytes, walBytes }: Opportunity['steps'][number]): boolean {
  return sql !== undefined && !ACTS.test(sql) && diskBytes === 0 && walBytes === 0 && inTransaction === true;
}

/** For a narrow place: the lock alone. */
export function lockName(opportunity: Pick<Opportunity, 'steps'>): string {
  return strongest(opportunity)?.lock ?? 'no lock';
}

function strongest({ steps }: Pick<Opportunity, 'steps'>): { lock: string; blocks?: string | undefined } | null {
  const locking = steps.flatMap(({ lock, blocks }) =>
    lock === undefined || /^no(ne)?\b/i.test(lock) ? [] : [{ lock, blocks }],
  );
  return locking.toSorted((a, b) => strength(b.lock) - strength(a.lock))[0] ?? null;
}

const LOCKS = ['ROW SHARE', 'ROW EXCLUSIVE', 'SHARE UPDATE EXCLUSIVE', 'SHARE', 'SHARE ROW EXCLUSIVE', 'EXCLUSIVE'];

function strength(lock: string): number {
  if (lock.startsWith('ACCESS EXCLUSIVE')) return LOCKS.length;
  return LOCKS.findLastIndex((mode) => lock === mode || lock.startsWith(`${mode} `));
}

export function linkTo({ key, title }: Pick<Opportunity, 'key' | 'title'>): readonly Inline[] {
  return [{ link: oneLine(title), to: `#${anchor('o', key)}` }];
}

export const statusWords = {
  new: 'new',
  persisting: 'still open',
  worse: 'worse than last time',
  better: 'better than last time',
} as const satisfies Record<Opportunity['status'], string>;

export const progressWords = {
  verified: { sign: 'good', label: 'Verified' },
  'no-effect': { sign: 'warning', label: 'No effect seen' },
  worse: { sign: 'worse', label: 'Made it worse' },
  'too-early': { sign: 'neutral', label: 'Too early to tell' },
  unobserved: { sign: 'neutral', label: 'Not seen done' },
} as const satisfies Record<Progress['status'], { sign: Sign; label: string }>;

export function predictedRealised({ predicted, realised, unit }: Progress): string {
  const promised = predicted === null ? 'no number was promised' : `predicted ${between(predicted, unit)}`;
  return `${promised}, ${realised === null ? 'realised: not measured' : `realised ${between(realised, unit)}`}`;
}

export function regressionLabel({ status, recovering }: Pick<Regression, 'status' | 'recovering'>): string {
  if (recovering === true) return 'Recovering';
  return { new: 'Regression', open: 'Still open', resolved: 'Resolved' }[status];
}

/** Before and now, what changed and by how much; unknown stays unknown. What it is per stands in the first column. */
export function beforeNow({ facts }: Regression): readonly (readonly Cell[])[] {
  return facts.map(({ label, unit, before, now }) => [
    `${label}${unit.endsWith('/call') ? ' a call' : unit.endsWith('/week') ? ' a week' : ''}`,
    words(before, bare(unit)),
    words(now, bare(unit)),
    before === null || now === null || before === 0 ? '–' : change(now / before - 1, unit),
  ]);
}

function bare(unit: Unit): Unit {
  if (unit === 'ms/call' || unit === 'ms/week') return 'ms';
  return unit.endsWith('/call') || unit.endsWith('/week') ? 'count' : unit;
}

/** And, where the window's means are about more than the title, that they are. */
export function causes(regression: Regression): string {
  const { cause } = regression;
  if (cause.length === 0) return 'not known';
  const over = wholeWindow(regression);
  if (cause.length === 1) return `${over}${oneLine(cause[0]?.text ?? '')}`;
  return `${over}${cause.map(({ share, text }) => `${oneLine(text)} (${words(share, 'share')} of it)`).join('; ')}`;
}

/** Of one that is calm: what changed before it was, and that nobody proved it. */
export function fixOf({ fixedBy }: Pick<Regression, 'fixedBy'>): readonly { label: string; words: string }[] {
  return fixedBy === undefined ? [] : [{ label: 'May have fixed it', words: oneLine(fixedBy) }];
}

/** Statement text for a table: one line, so long and no longer. */
export function statementText({ text, queryid }: { text: string | null; queryid: string }, characters: number): string {
  return text === null ? `query id ${queryid} (text not seen)` : cut(text, characters);
}

export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function lower(text: string): string {
  const plain = text.trim().replace(/\.$/, '');
  return /^[A-Z][a-z]/.test(plain) ? plain.charAt(0).toLowerCase() + plain.slice(1) : plain;
}

/** Of a table or a setting the statements pay the price, and it is told there. */
export function costOf({
  subject,
  costMsPerWeek,
  shareOfDbTime,
  measure,
  status,
  recovering,
}: Regression): readonly { label: string; words: string }[] {
  if (!isStanding({ status, recovering })) return [];
  const timed = measure === 'meanTimeMs' || measure === 'totalTimeMs' || subject.statement !== undefined;
  if (!timed && costMsPerWeek === 0) return [];
  const share = shareOfDbTime === null ? '' : `, ${words(shareOfDbTime, 'share')} of database time`;
  return [{ label: 'Costs', words: `${words(costMsPerWeek, 'ms/week')} more${share}` }];
}

const MOST_LINES = 5;

/** `SELECT on orders is 12 % faster per call, since 2 March 2026`; the rest is counted. */
export function movementLines(movements: readonly Movement[]): string[] {
  const more = movements.length - MOST_LINES;
  return [
    ...movements.slice(0, MOST_LINES).map(({ title, onset }) => `${oneLine(title)}, since ${date(onset)}`),
    ...(more > 0 ? [`and ${more} more in report.json`] : []),
  ];
}
