/** Executive Summary: the verdict, four numbers, the three things to do, and what the reader is asked to decide. */
import { EXPERIENCE, type Report, type TargetReport } from '../../model/report.ts';
import type { Block } from '../blocks.ts';
import { compact, days, many, words } from '../format.ts';
import { standing } from '../headline.ts';
import { moneyWords } from '../money.ts';
import { effortOf, gain, linkTo, lockOf, riskOf, sentence } from '../opportunity.ts';
import { scaledFrom } from '../spans.ts';

export function fourNumbers(
  { summary, baselines, regressions, quality, opportunities: items }: TargetReport,
  { window }: Pick<Report, 'window'>,
): Block {
  const { opportunities, estimatedImprovement, effortPersonDays, quickWins, newSinceLast, goneSinceLast } = summary;
  const since = baselines.previousEnd === null ? 'first hunt' : `${newSinceLast} new, ${goneSinceLast} gone since last`;
  return {
    kind: 'numbers',
    numbers: [
      { label: 'Total Optimization Opportunities', value: words(opportunities, 'count'), note: since },
      {
        label: 'Estimated Performance Improvement',
        value: estimatedImprovement === null ? 'none quantified' : compact(estimatedImprovement, 'share'),
        note: `of database time, nothing counted twice${looksOnly(items)}`,
      },
      {
        label: 'Implementation Effort Required',
        value: days(effortPersonDays),
        note: `person-days; ${many(quickWins, 'quick win')}`,
      },
      databaseTime(baselines.numbers, regressions, scaledFrom(quality, window)),
    ],
  };
}

/** Why the total can be less than what one item may bring. */
export function looksOnly(opportunities: TargetReport['opportunities']): string {
  const looks = opportunities.filter(({ benefit }) => benefit.kind === 'time' && benefit.counted === false).length;
  return looks === 0 ? '' : `; ${many(looks, 'item that only looks is', 'items that only look are')} not in it`;
}

/** The number that says how the server fares: the first baseline measured, against the last run. */
function databaseTime(
  numbers: TargetReport['baselines']['numbers'],
  regressions: TargetReport['regressions'],
  scaled: string | null,
): { value: string; label: string; note: string } {
  const known = numbers.find(({ unit, now }) => unit === 'ms/week' && now !== null);
  if (known === undefined || known.now === null) {
    const recovering = regressions.filter((one) => one.recovering === true).length;
    const calm = recovering === 0 ? '' : `${recovering} more recovering; `;
    return {
      value: words(standing(regressions).length, 'count'),
      label: 'Regressions',
      note: `${calm}database time not measured`,
    };
  }
  const then = known.previous === null ? 'nothing to compare with yet' : `${words(known.previous, 'ms')} last time`;
  return {
    value: words(known.now, 'ms'),
    label: known.label,
    note: `a week${scaled === null ? '' : `, scaled from ${scaled}`}; ${then}`,
  };
}

export function executiveSummary(target: TargetReport, report: Pick<Report, 'window'>): Block[] {
  const top = target.summary.top.flatMap((key) => target.opportunities.find((one) => one.key === key) ?? []);
  const heading: Block = { kind: 'heading', level: 3, text: 'Top 3 Recommendations' };
  const cards = top.map((one, at): Block => {
    const facts = [
      { label: 'Expected improvement', words: gain(one) },
      { label: 'Implementation effort', words: effortOf(one) },
      { label: 'Risk level', words: `${riskOf(one)}. ${one.risk.mitigation}` },
      { label: 'Maintenance window', words: `${sentence(one.maintenanceWindow)}; ${lockOf(one)}` },
    ];
    return {
      kind: 'card',
      sign: 'neutral',
      label: String(at + 1),
      title: linkTo(one),
      blocks: [{ kind: 'facts', facts }],
    };
  });
  const none: Block = { kind: 'text', words: 'Nothing is recommended this time.', tone: 'muted' };
  return [
    { kind: 'heading', level: 2, text: 'Executive Summary', id: 'executive-summary' },
    fourNumbers(target, report),
    ...money(target),
    ...experience(target),
    heading,
    ...(cards.length === 0 ? [none] : cards),
    ...decisions(target),
  ];
}

function money({ summary }: TargetReport): Block[] {
  if (summary.money === undefined) return [];
  const all = summary.money;
  return [{ kind: 'facts', facts: [{ label: 'Money', words: `${moneyWords(all)}. ${all.basis}` }] }];
}

/** What users of the applications feel, where somebody said how to measure it. */
function experience({ baselines }: TargetReport): Block[] {
  const known = baselines.numbers.filter(({ label, now }) => label.startsWith(EXPERIENCE) && now !== null);
  if (known.length === 0) return [];
  const facts = known.map(({ label, unit, now, previous }) => {
    const then = previous === null ? 'nothing to compare with yet' : `${words(previous, unit)} last time`;
    return { label, words: `${words(now, unit)}; ${then}` };
  });
  return [{ kind: 'facts', facts }];
}

function decisions({ opportunities }: TargetReport): Block[] {
  const windows = opportunities.filter(({ maintenanceWindow }) => !/^none/i.test(maintenanceWindow)).length;
  const long = opportunities.filter(({ horizon }) => horizon === 'long-term').length;
  const asked = [
    ...(windows === 0 ? [] : [`Agree on a maintenance window: ${many(windows, 'item needs', 'items need')} one.`]),
    ...(long === 0 ? [] : [`Say whether ${many(long, 'long-term project')} should be planned or dropped.`]),
  ];
  if (asked.length === 0) return [];
  return [
    { kind: 'heading', level: 3, text: 'Decisions asked of you' },
    { kind: 'list', items: asked },
  ];
}
