/** The month's and the quarter's pages and mails: what several weeks together say, without the noise of one. */
import type { Report, TargetReport } from '../model/report.ts';
import type { Review } from '../model/review.ts';
import type { Block, Cell } from './blocks.ts';
import { calibrationBlocks } from './calibration.ts';
import { between, change, day, many, words } from './format.ts';
import { gain, predictedRealised, progressWords, sentence } from './opportunity.ts';

type Reviewed = TargetReport & { readonly review: Review };

export function isReviewed(target: TargetReport): target is Reviewed {
  return target.review !== undefined;
}

/** One sentence: what the time brought. */
export function reviewHeadline({ verdicts, databaseTime, regressions }: Review): string {
  const times = databaseTime.flatMap(({ msPerWeek }) => msPerWeek ?? []);
  const [first, last] = [times[0], times.at(-1)];
  const load =
    first === undefined || last === undefined || times.length < 2 || first === 0
      ? 'Database time is not known over these weeks'
      : `Database time ${change(last / first - 1, 'ms/week')}, now ${words(last, 'ms/week')}`;
  const worse = regressions.standing === 0 ? '' : `, ${many(regressions.standing, 'regression')} still open`;
  return `${load}; ${many(verdicts.verified, 'item')} verified${worse}.`;
}

/** `most`: items told of each list. */
export function reviewBlocks(target: Reviewed, { cadence }: Pick<Report, 'cadence'>, most: number): Block[] {
  const { review, calibration, opportunities } = target;
  const { weeks, expected, from, to, notes } = review;
  return [
    {
      kind: 'text',
      words: `${weeks} of ${expected} weeks, ended ${day(from)} to ${day(to)}. From what is kept alone.`,
      tone: 'muted',
    },
    ...notes.map((note) => ({ kind: 'text', words: note }) as const),
    ...achieved(target, most),
    ...trend(review),
    { kind: 'heading', level: 2, text: 'Calibration', id: 'calibration' },
    ...(calibration === undefined
      ? [{ kind: 'text', words: 'Nothing was promised in numbers yet.' } as const]
      : calibrationBlocks(target.target, { ...calibration, scores: calibration.scores.slice(0, most) })),
    ...capacity(review),
    ...(cadence !== 'quarterly'
      ? []
      : [
          ...baseline(review),
          { kind: 'heading', level: 2, text: 'Long-term items', id: 'long-term' } as const,
          opportunities.length === 0
            ? ({ kind: 'text', words: 'The last weekly report has none.' } as const)
            : ({
                kind: 'list',
                items: opportunities
                  .slice(0, most)
                  .map((one) => `${one.title}: ${gain(one)}; since ${day(one.firstSeen)}`),
              } as const),
        ]),
  ];
}

function achieved({ review: { verdicts, regressions }, progress }: Reviewed, most: number): Block[] {
  const { verified, noEffect, worse, unobserved, savedMsPerWeek, freedBytes } = verdicts;
  const told = progress.filter(({ status }) => status !== 'unobserved');
  const more = told.length - most;
  return [
    { kind: 'heading', level: 2, text: 'What was achieved', id: 'progress' },
    {
      kind: 'facts',
      facts: [
        {
          label: 'Verdicts',
          words: `${verified} verified, ${noEffect} without effect, ${worse} worse, ${unobserved} not seen done`,
        },
        {
          label: 'Verified gain',
          words:
            savedMsPerWeek === null
              ? 'none in database time'
              : `${between(savedMsPerWeek, 'ms/week')}, at the calls of the week of each verdict`,
        },
        { label: 'Disk that came back', words: freedBytes === 0 ? 'none' : words(freedBytes, 'bytes') },
        {
          label: 'Regressions',
          words: `${regressions.opened} opened, ${regressions.resolved} resolved, ${regressions.standing} open at the end`,
        },
      ],
    },
    ...told.slice(0, most).map((one): Block => {
      const { sign, label } = progressWords[one.status];
      return {
        kind: 'card',
        sign,
        label,
        title: one.title,
        blocks: [{ kind: 'text', words: `${sentence(predictedRealised(one))}.` }],
      };
    }),
    ...(more > 0 ? [{ kind: 'text', words: `And ${more} more, in report.json.` } as const] : []),
  ];
}

function trend({ databaseTime }: Review): Block[] {
  const heading: Block = { kind: 'heading', level: 2, text: 'Database time', id: 'load' };
  const known = databaseTime.flatMap(({ msPerWeek }) => msPerWeek ?? []);
  if (known.length < 2) return [heading, { kind: 'text', words: 'Known in fewer than two of these weeks.' }];
  return [
    heading,
    {
      kind: 'table',
      caption: 'Week by week',
      columns: [{ title: 'Week until' }, { title: 'Database time', unit: 'ms' }, { title: 'Change', numeric: true }],
      rows: databaseTime.map(({ at, msPerWeek }, index): Cell[] => {
        const before = databaseTime[index - 1]?.msPerWeek ?? null;
        return [
          day(at),
          msPerWeek,
          msPerWeek === null || before === null || before === 0 ? '–' : change(msPerWeek / before - 1, 'ms/week'),
        ];
      }),
    },
  ];
}

function capacity({ capacity: all }: Review): Block[] {
  return [
    { kind: 'heading', level: 2, text: 'Capacity', id: 'capacity' },
    {
      kind: 'table',
      caption: 'If it goes on as in the kept weeks; 90 % intervals',
      columns: [
        { title: 'Of' },
        { title: 'Now', numeric: true },
        { title: 'A week', numeric: true },
        { title: 'In a quarter', numeric: true },
        { title: 'Limit', numeric: true },
        { title: 'Says', wide: true },
      ],
      rows: all.map(({ label, unit, now, perWeek, inAQuarter, limit, says }): Cell[] => [
        label,
        words(now, unit),
        perWeek === null ? '–' : between(perWeek, unit),
        inAQuarter === null ? '–' : between(inAQuarter, unit),
        limit === null ? '–' : words(limit, unit),
        says,
      ]),
    },
  ];
}

function baseline({ rebaseline }: Review): Block[] {
  return [
    { kind: 'heading', level: 2, text: 'Baseline', id: 'baseline' },
    ...(rebaseline === null || rebaseline === undefined
      ? [{ kind: 'text', words: 'The pinned week still serves.' } as const]
      : [
          { kind: 'text', words: `Proposed: the week that ended ${day(rebaseline.end)}. ${rebaseline.why}` } as const,
          {
            kind: 'sql',
            label: 'To pin it',
            text: `npm run hunt -- --pin-baseline ${rebaseline.end.slice(0, 10)}`,
          } as const,
        ]),
  ];
}
