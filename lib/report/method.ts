/** method.html: how the numbers are made. Thresholds are those of the code that decides, handed in as data. */
import type { Method } from '../model/archive.ts';
import type { Block, Cell } from './blocks.ts';
import { calibrationBlocks, calibrationRules } from './calibration.ts';
import { many } from './format.ts';
import { markup } from './markup.ts';
import { areaTitles } from './opportunity.ts';
import { blocksHtml, documentOf } from './render-html.ts';

type Rules = Method['regressions'];
const areas = Object.keys(areaTitles) as (keyof typeof areaTitles)[]; // the record has no other keys

export function renderMethod(method: Method): string {
  const parts = sections(method);
  return documentOf({
    title: 'How the numbers are made · pg-hunt',
    header: markup`<p class="kicker"><a href="index.html">All targets</a></p><h1>How the numbers are made</h1>
<p>${many(method.advisors.length, 'check')}, each with the thresholds it really uses.</p>`,
    contents: parts.flatMap((block) =>
      block.kind === 'heading' && block.level === 2 && block.id !== undefined
        ? [{ text: block.text, to: `#${block.id}` }]
        : [],
    ),
    body: blocksHtml(parts),
  });
}

function sections({ advisors, regressions, effort, calibration = [] }: Method): Block[] {
  return [
    { kind: 'heading', level: 2, text: 'Numbers', id: 'numbers' },
    {
      kind: 'facts',
      facts: [
        {
          label: 'Database time',
          words:
            'What statements took to execute, in all sessions together, as the server itself counts it. Four sessions that work for one hour are four hours.',
        },
        {
          label: 'Estimated improvement',
          words:
            'Lowest, likely and highest share of database time that an item gives back, each with what it rests on. Items are added up in the order of the plan, each on what those before it leave: gains on the same statement are not counted twice.',
        },
        {
          label: 'Effort',
          words: 'Hours by kind of work, from a table of judgements below. It ranks and adds up; it is no offer.',
        },
        {
          label: 'Order',
          words: 'Expected gain × confidence ÷ effort; ties go by name, so that the same week gives the same report.',
        },
        {
          label: 'Verified',
          words:
            'After a change was seen in the catalog or the settings, its statements are measured again against those nobody touched, and held beside what was promised.',
        },
        {
          label: 'Not measured',
          words:
            'Said as such, with what is missing and how to give it. Unknown is never counted as zero, nor as fine.',
        },
      ],
    },
    { kind: 'heading', level: 2, text: 'Regressions', id: 'regressions' },
    rulesTable('When something is called worse', regressions),
    { kind: 'heading', level: 2, text: 'Calibration', id: 'calibration' },
    ...(calibration.length === 0
      ? [{ kind: 'text', words: 'Nothing was promised in numbers yet.' } as const]
      : calibration.flatMap(({ target, summary }) => calibrationBlocks(target, summary))),
    calibrationRules(),
    ...areas.flatMap((area): Block[] => [
      { kind: 'heading', level: 2, text: `${areaTitles[area]} checks`, id: area },
      ...advisors.filter((card) => card.area === area).map(cardBlock),
    ]),
    { kind: 'heading', level: 2, text: 'Effort', id: 'effort' },
    rulesTable('Hours by kind of work', effort),
  ];
}

function cardBlock({ id, title, why, source, thresholds }: Method['advisors'][number]): Block {
  return {
    kind: 'details',
    title,
    meta: [id],
    id,
    blocks: [
      { kind: 'text', words: why },
      ...(thresholds.length === 0 ? [] : [rulesTable('Thresholds', thresholds)]),
      { kind: 'text', words: `Source: ${source}.`, tone: 'muted' },
    ],
  };
}

function rulesTable(caption: string, rules: Rules): Block {
  return {
    kind: 'table',
    caption,
    columns: [{ title: 'Of', wide: true }, { title: 'Value' }, { title: 'Why', wide: true }],
    rows: rules.map(({ name, value, reason }): Cell[] => [name, value, reason]),
  };
}
