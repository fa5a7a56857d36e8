/** What the counters really cover, said wherever that is not the window: `6.2 s, scaled to a week`. */
import type { Report, TargetReport } from '../model/report.ts';
import { words } from './format.ts';

type Quality = Pick<TargetReport['quality'], 'spans'>;
type Span = NonNullable<Quality['spans']>[number];

/** Nearer to the window than this, a span is the window for every purpose. */
const SAME_LENGTH = 0.2;

const lengthOf = ({ start, end }: { readonly start: string; readonly end: string }) =>
  (Date.parse(end) - Date.parse(start)) / 1000;

function differs(span: Span, window: Report['window']): boolean {
  return Math.abs(lengthOf(span) / lengthOf(window) - 1) > SAME_LENGTH;
}

/** `6.2 s`: what database time was counted in, where that is not the window; null where it is. */
export function scaledFrom({ spans = [] }: Quality, window: Report['window']): string | null {
  const span = spans.find(({ kind }) => kind === 'statement');
  return span === undefined || !differs(span, window) ? null : words(lengthOf(span), 's');
}

/** One phrase for all kinds of rows; null where every kind covers the window. */
export function coverWords({ spans = [] }: Quality, window: Report['window']): string | null {
  const odd = spans.filter((span) => differs(span, window));
  if (odd.length === 0) return null;
  const groups = new Map<string, Span['kind'][]>();
  for (const span of odd) {
    const length = words(lengthOf(span), 's');
    groups.set(length, [...(groups.get(length) ?? []), span.kind]);
  }
  const all = odd.length === spans.length && groups.size === 1;
  const said = [...groups].map(([length, kinds]) => (all ? length : `${length} (${kinds.join(', ')})`));
  return `counters cover ${said.join(', ')}, not the window; rates are scaled to a week`;
}
