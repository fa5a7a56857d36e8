/** Which of the targets that Prometheus knows is meant, by name or by what it holds. */
import { targetName } from './names.ts';
import { databaseNames } from './postgres/databases.ts';
import type { PostgresSource } from './postgres/source.ts';
import type { PrometheusTarget } from './prometheus/read.ts';

type Targets = readonly PrometheusTarget[];

const goesBy = ({ name, aliases }: PrometheusTarget, wanted: string): boolean =>
  [name, ...aliases].some((own) => own === wanted || targetName(own) === targetName(wanted));

/** With one target the name is only a name; with several it chooses. */
export function selected(all: Targets, wanted: string | undefined): { value: Targets } | { failure: string } {
  const [first, ...more] = all;
  if (first === undefined || wanted === undefined) return { value: all };
  if (more.length === 0) return { value: [first.name === wanted ? first : { ...first, name: wanted }] };
  const chosen = all.filter(({ name }) => targetName(name) === targetName(wanted));
  const others = chosen.length > 0 ? chosen : all.filter((each) => goesBy(each, wanted));
  if (others.length > 0) return { value: others };
  const names = all.map(({ name }) => name).join(', ');
  return { failure: `Prometheus knows no target of this name; it has ${names}. Give one of these with --target.` };
}

/** Which of them the PostgreSQL URL leads to, `known` to be joined with it last time; null when nothing tells. */
export async function partnerOf(
  all: Targets,
  source: PostgresSource,
  known: string | undefined,
): Promise<PrometheusTarget | null> {
  const [first, ...more] = all;
  if (first === undefined || more.length === 0) return first ?? null;
  const named = all.find((each) => goesBy(each, source.name));
  if (named !== undefined) return named;
  const remembered = known === undefined ? undefined : all.find((each) => goesBy(each, known));
  const own = await databaseNames(source).catch(() => null);
  // While it is down, what was true last time is the best there is.
  if (own === null) return remembered ?? null;
  const set = (names: readonly string[]) => JSON.stringify([...new Set(names)].sort());
  // Templates and maintenance databases are in the metrics and not in our list.
  const same = all.filter(({ databases }) => {
    const theirs = databases.map((row) => row.database).filter((name) => own.includes(name));
    return set(theirs) === set(own);
  });
  if (remembered !== undefined && same.includes(remembered)) return remembered;
  return same.length === 1 ? (same[0] ?? null) : null;
}
