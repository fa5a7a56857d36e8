/** What people have decided about findings: what is muted or accepted, until when, and what of it a reader should look at. */
import type { TargetReport } from '../../model/report.ts';
import type { Block, Cell } from '../blocks.ts';
import { day, many } from '../format.ts';
import { sentence } from '../opportunity.ts';

type Decided = NonNullable<TargetReport['decisions']>[number];

export function decisions({ decisions: all = [] }: TargetReport): Block[] {
  const said = decisionsLine(all);
  if (said === null) return [];
  return [
    { kind: 'heading', level: 2, text: 'Muted and accepted', id: 'decisions' },
    { kind: 'text', words: `${sentence(said)}. What is muted or accepted is in no total above.` },
    {
      kind: 'table',
      caption: 'Decisions of the configuration',
      columns: [
        { title: 'Decision' },
        { title: 'About', wide: true },
        { title: 'Reason', wide: true },
        { title: 'Until' },
        { title: 'Findings', wide: true },
      ],
      rows: all.map((one): Cell[] => [
        standing(one),
        [{ code: one.about }],
        one.reason,
        day(one.until),
        one.findings.length > 0 ? one.findings.map(({ title }) => title).join('; ') : (one.note ?? 'None.'),
      ]),
    },
  ];
}

function standing({ decision, state }: Decided): string {
  const what = decision === 'mute' ? 'Muted' : 'Accepted';
  return { 'in-force': what, expired: `${what}; has run out`, idle: `${what}; about nothing` }[state];
}

/** `3 muted, 1 accepted; 1 ran out in this window, its findings are back`; null where nothing is decided. */
export function decisionsLine(all: readonly Decided[]): string | null {
  if (all.length === 0) return null;
  const held = (decision: Decided['decision']) =>
    all
      .filter((one) => one.state === 'in-force' && one.decision === decision)
      .reduce((sum, { findings }) => sum + findings.length, 0);
  const now = all.filter(({ justExpired }) => justExpired);
  const before = all.filter(({ state, justExpired }) => state === 'expired' && !justExpired);
  const idle = all.filter(({ state }) => state === 'idle');
  const about = (some: readonly Decided[]) => some.map((one) => one.about).join('; ');
  const [muted, accepted] = [held('mute'), held('accept')];
  const kept = [
    ...(muted === 0 ? [] : [`${many(muted, 'finding')} muted`]),
    ...(accepted === 0 ? [] : [`${many(accepted, 'risk')} accepted`]),
  ].join(', ');
  return [
    kept === '' ? 'no finding muted or accepted' : kept,
    ...(now.length === 0 ? [] : [`${many(now.length, 'decision')} ran out this time (${about(now)})`]),
    ...(before.length === 0 ? [] : [`${many(before.length, 'decision')} ran out earlier (${about(before)})`]),
    ...(idle.length === 0
      ? []
      : [`${many(idle.length, 'decision is', 'decisions are')} about nothing (${about(idle)})`]),
  ].join('; ');
}

/** For the risks: what somebody has decided to live with. */
export function acceptedRisks({ decisions: all = [] }: TargetReport): Block[] {
  const rows = all
    .filter(({ decision, state }) => decision === 'accept' && state === 'in-force')
    .flatMap(({ findings, reason, until }) =>
      findings.map(({ title, why }): Cell[] => [title, why, reason, day(until)]),
    );
  if (rows.length === 0) return [];
  return [
    { kind: 'heading', level: 3, text: 'Accepted Risks' },
    {
      kind: 'table',
      caption: 'Accepted risks',
      columns: [
        { title: 'Left undone', wide: true },
        { title: 'Why it was found', wide: true },
        { title: 'Why it is accepted', wide: true },
        { title: 'Until' },
      ],
      rows,
    },
  ];
}
