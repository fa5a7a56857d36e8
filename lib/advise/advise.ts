/** Snapshot → one outcome per advisor. An advisor's exception is its own; what it may not see it is not given. */
import { type Finding, findingKey } from '../model/finding.ts';
import type { RowKind } from '../model/measures.ts';
import type { Outcome } from '../model/outcome.ts';
import { rowsOf, type Snapshot } from '../model/snapshot.ts';
import type { Advisor, Context, Given, Needs } from './advisor.ts';
import { carried } from './carried.ts';
import { roster } from './index.ts';
import { loadParser } from './sql/parse.ts';

export async function advise(snapshot: Snapshot, advisors: readonly Advisor[] = roster): Promise<readonly Outcome[]> {
  const parse = await loadParser();
  const given = giver(snapshot);
  return advisors.map((advisor) => outcomeOf(advisor, { snapshot, parse }, given));
}

function outcomeOf(advisor: Advisor, context: Context, given: (needs: Needs) => Given<Needs>): Outcome {
  const { card, needs } = advisor;
  const missing = whyBlind(needs, context.snapshot, given);
  if (missing !== null) return { card, state: 'blind', why: missing };
  try {
    const advice = advisor.advise(given(needs), context);
    if (advice.blind !== undefined) return { card, state: 'blind', why: advice.blind };
    const caveats = advice.caveats ?? [];
    if (advice.findings.length === 0) return { card, state: 'clear', examined: advice.examined, caveats };
    const findings = advice.findings
      .map((finding) => ({
        ...whereToRun(carried(finding, context.snapshot), context.snapshot),
        key: findingKey(card.id, finding.subject),
      }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    return { card, state: 'found', findings, examined: advice.examined, caveats };
  } catch (error) {
    return { card, state: 'failed', why: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

const CHANGES = /^\s*(create|drop|reindex|vacuum|analyze|cluster|refresh|alter\s+(?!system))\b/i;

/** A standby refuses every change, and does not count the writes that a change would slow down. */
function whereToRun(finding: Finding, { server }: Snapshot): Finding {
  if (server.role !== 'standby' || !finding.steps.some(({ sql }) => CHANGES.test(sql ?? ''))) return finding;
  const text =
    'Run the following on the primary: this server is a standby. Look at the primary’s writes on the table first, which are not counted here.';
  return { ...finding, steps: [{ text }, ...finding.steps] };
}

function kindsOf(needs: Needs): readonly RowKind[] {
  return Object.keys(needs) as RowKind[]; // Needs has no other keys; Object.keys cannot know
}

function has(row: object, names: readonly string[]): boolean {
  return names.every((name) => (row as Readonly<Record<string, unknown>>)[name] !== undefined);
}

/** Advisors with the same needs get the same list, so that what is made of it once serves them all. */
function giver(snapshot: Snapshot): (needs: Needs) => Given<Needs> {
  const lists = new Map<string, readonly object[]>();
  const list = (kind: RowKind, names: readonly string[]): readonly object[] => {
    const key = [kind, ...names].join(' ');
    const known = lists.get(key);
    if (known !== undefined) return known;
    const all = rowsOf(snapshot, kind);
    // Where every row has all of it, as nearly always, lists of different needs are one as well.
    const own = all.every((row) => has(row, names)) ? all : all.filter((row) => has(row, names));
    lists.set(key, own);
    return own;
  };
  return (needs) => {
    const rows = kindsOf(needs).map((kind) => [kind, list(kind, needs[kind] ?? [])]);
    return Object.fromEntries(rows) as Given<Needs>; // the filter above is what the type promises
  };
}

/** A kind none of whose rows has what is needed: say which measures, and what the gaps say about them. */
function whyBlind(needs: Needs, snapshot: Snapshot, given: (needs: Needs) => Given<Needs>): string | null {
  const own = given(needs);
  for (const kind of kindsOf(needs)) {
    const seen: readonly object[] = own[kind];
    if (seen.length > 0) continue;
    const names = needs[kind] ?? [];
    const rows = rowsOf(snapshot, kind);
    const absent = names.filter((name) => !rows.some((row) => has(row, [name])));
    const gap = snapshot.gaps.find(
      (candidate) =>
        candidate.kind === kind &&
        (candidate.measures.length === 0 || candidate.measures.some((m) => (absent as readonly string[]).includes(m))),
    );
    if (gap !== undefined) return `${gap.reason} ${gap.remedy}`;
    const what = absent.length === 0 ? names : absent;
    return what.length === 0 ? `No ${kind} was seen.` : `No ${kind} was seen with ${what.join(', ')}.`;
  }
  return null;
}
