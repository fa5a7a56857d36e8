/** How good earlier promises were, as blocks: for the method page, the month's review and the terminal. */
import type { CalibrationSummary, Score } from '../model/calibration.ts';
import type { Block, Cell } from './blocks.ts';
import { day, many, words } from './format.ts';

const classes = { all: 'All', area: 'Area', basis: 'Confidence', advisor: 'Check' } as const;

export function calibrationBlocks(target: string, { since, scores }: CalibrationSummary): Block[] {
  return [
    { kind: 'text', words: [{ strong: target }, ` since ${day(since)}. ${calibrationSentence(scores)}`] },
    {
      kind: 'table',
      caption: `Promises of ${target} against what was measured`,
      columns: [
        { title: 'Class' },
        { title: 'Of', wide: true },
        { title: 'Promised', numeric: true },
        { title: 'Measured', numeric: true },
        { title: 'Not verifiable', numeric: true },
        { title: 'Inside the interval', numeric: true },
        { title: 'Realised ÷ promised', numeric: true },
        { title: 'Brier', numeric: true },
        { title: 'Skill', numeric: true },
      ],
      rows: scores.map((one): Cell[] => [
        classes[one.by],
        one.by === 'all' ? 'together' : one.name,
        words(one.predictions),
        words(one.outcomes),
        words(one.unverifiable),
        coverageOf(one),
        one.bias === null ? '–' : words(one.bias),
        one.brier === null ? '–' : words(one.brier),
        one.skill === null ? '–' : words(one.skill),
      ]),
    },
  ];
}

/** All together, in words. */
export function calibrationSentence([all]: CalibrationSummary['scores']): string {
  if (all === undefined || all.outcomes === 0) {
    const promised = all === undefined ? 0 : all.predictions;
    return `${many(promised, 'promise')} in numbers, none measured yet.`;
  }
  const { coverage, bias } = all;
  const inside = coverage === null ? '' : ` ${coverage.inside} lay inside what was promised (80 % should).`;
  const size = bias === null ? '' : ` The typical gain was ${words(bias)} times the promised one.`;
  return `${many(all.outcomes, 'outcome')} of ${many(all.predictions, 'promise')} measured, ${all.unverifiable} could not be.${inside}${size}`;
}

function coverageOf({ coverage, outcomes }: Score): string {
  if (coverage === null) return '–';
  const { inside, low, high } = coverage;
  return `${inside} of ${outcomes} (${words(low, 'share')} to ${words(high, 'share')})`;
}

export function calibrationRules(): Block {
  return {
    kind: 'facts',
    facts: [
      {
        label: 'Inside the interval',
        words:
          'How many measured gains lay between the promised lowest and highest, with the 95 % interval of that share (Wilson). An interval is meant to hold 80 %.',
      },
      {
        label: 'Realised ÷ promised',
        words:
          'The median, on the scale on which gains multiply; 1 is as promised, less is promised too much. Not verifiable is shown, never dropped.',
      },
      {
        label: 'Brier, skill',
        words:
          'Squared error of the promised probability that time falls by 5 % or more, 0 is best; skill above 0 beats always saying the base rate, from 10 outcomes on.',
      },
      {
        label: 'Feedback',
        words:
          'The next promise of a check is corrected by its earlier outcomes: (5 + sum of ratios) ÷ (5 + outcomes), so that few outcomes change little; the item says by how many.',
      },
    ],
  };
}
