/** Whether what was done worked: predicted against realised, item by item. */
import type { Progress } from '../../model/regression.ts';
import type { TargetReport } from '../../model/report.ts';
import type { Block } from '../blocks.ts';
import { day } from '../format.ts';
import { predictedRealised, progressWords } from '../opportunity.ts';
import type { Room } from '../room.ts';

export function progress({ progress: all, summary, baselines }: TargetReport, room: Room): Block[] {
  const items = all.slice(0, room.items);
  const more = all.length - items.length;
  const nothing =
    baselines.previousEnd === null
      ? 'First hunt: nothing was advised before.'
      : 'None of the earlier advice was seen to be carried out.';
  const gone =
    summary.goneSinceLast === 0 ? [] : [{ kind: 'text', words: goneSentence(summary.goneSinceLast) } as const];
  return [
    { kind: 'heading', level: 2, text: 'Progress', id: 'progress' },
    ...(items.length === 0 ? [{ kind: 'text', words: nothing } as const] : items.map(card)),
    ...(more === 0 ? [] : [{ kind: 'text', words: `And ${more} more, in report.json.` } as const]),
    ...figures(items),
    ...gone,
  ];
}

function goneSentence(gone: number): string {
  return gone === 1
    ? '1 finding of the last run is no longer there.'
    : `${gone} findings of the last run are no longer there.`;
}

function card(item: Progress): Block {
  const { sign, label } = progressWords[item.status];
  const facts = [
    { label: 'Predicted against realised', words: predictedRealised(item) },
    { label: 'Since', words: day(item.since) },
  ];
  return {
    kind: 'card',
    sign,
    label,
    title: item.title,
    blocks: [
      { kind: 'text', words: item.sentence },
      { kind: 'facts', facts },
    ],
  };
}

function figures(items: readonly Progress[]): Block[] {
  return (['share', 'bytes'] as const).flatMap((unit) => {
    const rows = items.flatMap(({ title, predicted, realised, unit: own }) =>
      predicted === null || own !== unit
        ? []
        : [{ label: title, low: predicted.low, high: predicted.high, mark: realised?.likely ?? null }],
    );
    if (rows.length === 0) return [];
    const title = unit === 'share' ? 'Predicted and realised gain' : 'Predicted and realised space';
    const description = 'The bar is the span that was predicted, the upright mark what was measured.';
    return [{ kind: 'figure', title, description, chart: { kind: 'spans', unit, rows } } as const];
  });
}
