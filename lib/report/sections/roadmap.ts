/** 4. Implementation Roadmap: the plan's phases under the labels of the reader's brief. */
import type { TargetReport } from '../../model/report.ts';
import type { Block, Words } from '../blocks.ts';
import { many } from '../format.ts';
import { sum } from '../money.ts';
import { linkTo } from '../opportunity.ts';

type Phase = TargetReport['roadmap'][number];

/** By place: items, resources, success metrics and mitigation under the brief's names. */
const labels: readonly { items: string; resources: string; metrics: string; mitigation: string }[] = [
  {
    items: 'Priority 1 Items',
    resources: 'Resource Requirements',
    metrics: 'Success Metrics',
    mitigation: 'Risk Mitigation',
  },
  {
    items: 'Project Planning',
    resources: 'Resource Allocation',
    metrics: 'Testing Strategy',
    mitigation: 'Change Management',
  },
  {
    items: 'Architecture Planning',
    resources: 'Budget Requirements',
    metrics: 'Success Metrics',
    mitigation: 'Migration Planning',
  },
];

const spans = [
  { title: 'Phase 1 (Week 1-2): Quick Wins', name: /^quick/i, from: 0, to: 2 },
  { title: 'Phase 2 (Week 3-8): Medium Effort Items', name: /^medium/i, from: 2, to: 8 },
  { title: 'Phase 3 (Month 2-6): Long-term Projects', name: /^long/i, from: 8, to: 26 },
] as const;

export function roadmap(target: TargetReport): Block[] {
  const phases = spans.map(({ title, name, from, to }) => ({
    title,
    from,
    to,
    // A phase without items is not in the document.
    phase: target.roadmap.find(({ phase }) => name.test(phase)),
  }));
  const rows = phases.map(({ title, from, to, phase }) => ({
    label: title.replace(/:.*/, ''),
    from,
    to,
    note: many(phase?.items.length ?? 0, 'item'),
  }));
  return [
    { kind: 'heading', level: 2, text: '4. Implementation Roadmap', id: 'roadmap' },
    {
      kind: 'figure',
      title: 'Roadmap',
      description: rows.map(({ label, note }) => `${label}: ${note}`).join('. '),
      chart: { kind: 'bands', rows },
    },
    ...phases.flatMap(({ title, phase }, at): Block[] => [
      { kind: 'heading', level: 3, text: title },
      phase === undefined
        ? { kind: 'text', words: 'Nothing is planned for this phase.', tone: 'muted' }
        : { kind: 'facts', facts: [...phaseFacts(phase, at), ...also(phase, at, target)] },
      ...(phase === undefined ? [] : itemBlocks(phase, at, target)),
    ]),
  ];
}

function phaseFacts(phase: Phase, at: number): { label: string; words: Words }[] {
  const label = labels[at] ?? labels[0];
  if (label === undefined) return [];
  return [
    { label: label.resources, words: phase.resources },
    { label: label.metrics, words: phase.successMetrics.length === 0 ? 'None.' : phase.successMetrics.join('; ') },
    { label: label.mitigation, words: phase.mitigation },
  ];
}

/** What the brief asks of one phase alone, from the phase's own items. */
function also({ items }: Phase, at: number, { opportunities }: TargetReport): { label: string; words: Words }[] {
  const own = opportunities.filter(({ key }) => items.includes(key));
  if (at === 1) {
    const windows = own.filter(({ maintenanceWindow }) => !/^none/i.test(maintenanceWindow)).length;
    const code = own.filter(({ area }) => area === 'query').length;
    const risky = own.filter(({ risk }) => risk.level !== 'low').length;
    return [
      {
        label: 'Communication and Approval',
        words: `${many(code, 'item changes', 'items change')} statements of applications: agree with their owners. ${many(windows, 'item needs', 'items need')} a window to be announced. ${many(risky, 'item has', 'items have')} more than low risk: have someone else approve the steps and the rollback.`,
      },
    ];
  }
  if (at !== 2) return [];
  const costs = own.flatMap(({ money }) => (money === undefined || money.cost === null ? [] : [money.cost]));
  const currency = own[0]?.money?.currency;
  const bought = own.filter(({ area }) => area === 'system');
  return [
    {
      label: 'Vendor Evaluation',
      words:
        bought.length === 0
          ? 'No item of this phase needs a tool or hardware.'
          : `Which product fits is not measured here. Try each candidate for ${bought.map(({ title }) => title).join('; ')} on a copy of the load, and compare by the acceptance number of the item.`,
    },
    {
      label: 'Cost Estimates',
      words:
        currency === undefined || costs.length < own.length
          ? 'Money is not measured here: multiply the person-days above by a day’s rate (or set prices.engineerHour), and add the offers for what is bought.'
          : `${sum(
              costs.reduce((all, cost) => all + cost, 0),
              currency,
            )} of work at the configured price; add the offers for what is bought.`,
    },
  ];
}

/** Items are keys of opportunities; whatever is none is shown as it is. */
function itemBlocks({ items }: Phase, at: number, { opportunities }: TargetReport): Block[] {
  const lines = items.map((key): Words => {
    const known = opportunities.find((one) => one.key === key);
    return known === undefined ? key : linkTo(known);
  });
  return [
    { kind: 'heading', level: 4, text: labels[at]?.items ?? 'Items' },
    { kind: 'list', items: lines, ordered: true },
  ];
}
