/** The opportunities of one horizon under the brief's headings; an empty heading says whether anybody could look. */
import type { Opportunity } from '../../model/opportunity.ts';
import type { TargetReport } from '../../model/report.ts';
import type { Block } from '../blocks.ts';
import { many } from '../format.ts';
import type { Room } from '../room.ts';
import { brief, item } from './item.ts';
import { type Group, groups, topicOf } from './topics.ts';

export function horizon(target: TargetReport, which: Opportunity['horizon'], room: Room): Block[] {
  const all = target.opportunities.filter((one) => one.horizon === which);
  const full = new Set(all.slice(0, room.items));
  const told = (one: Opportunity): Block => (full.has(one) ? item(one) : brief(one));
  return groups[which].flatMap((group) => groupBlocks(target, which, { group, told }));
}

function groupBlocks(
  target: TargetReport,
  which: Opportunity['horizon'],
  { group, told }: { readonly group: Group; readonly told: (one: Opportunity) => Block },
): Block[] {
  const own = target.opportunities.filter(({ area, horizon: when }) => when === which && group.areas.includes(area));
  const heading: Block = { kind: 'heading', level: 3, text: group.title };
  if (group.topics.length === 0) {
    return [heading, ...(own.length === 0 ? [empty(target, group, [])] : own.map(told))];
  }
  const filled = group.topics.filter(({ title }) => own.some((one) => topicOf(one, group.topics) === title));
  const unfilled = group.topics.filter((topic) => !filled.includes(topic)).map(({ title }) => title);
  return [
    heading,
    ...filled.flatMap(({ title }): Block[] => [
      { kind: 'heading', level: 4, text: title },
      ...own.filter((one) => topicOf(one, group.topics) === title).map(told),
    ]),
    ...(unfilled.length === 0 ? [] : [empty(target, group, unfilled)]),
  ];
}

function empty({ coverage }: TargetReport, { areas }: Group, topics: readonly string[]): Block {
  const checks = coverage.filter(({ area }) => (areas as readonly string[]).includes(area));
  const unseen = checks.filter(({ state }) => state === 'blind' || state === 'failed').length;
  const what = topics.length === 0 ? 'Nothing found here.' : `Nothing found for: ${topics.join(', ')}.`;
  const looked =
    checks.length === 0
      ? ' No check looks for it.'
      : unseen === 0
        ? ''
        : ` ${unseen} of ${many(checks.length, 'check')} of this area could not look; see coverage.`;
  return { kind: 'text', words: `${what}${looked}`, tone: 'muted' };
}
