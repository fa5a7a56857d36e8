/** Who a series speaks of, in labels that mean the same in every dialect. Pure. */
import type { Dialect, Role } from './dialect.ts';
import type { Answer, Labels } from './response.ts';
import { placed, type Telling } from './telling.ts';

/** How a dialect names servers. */
export type Naming = Pick<Dialect, 'server' | 'system'>;

/** Labels beside `instance` and `server` that a question must keep for `named`. */
export function namingLabels({ server = [], system }: Naming): readonly string[] {
  return [...new Set([...server.flat(), ...(system === undefined ? [] : [system])])];
}

/** The same answer, with the server in `server`, what its names have in common in `system`, and the rest as `placed` says. */
export function named(answer: Answer, naming: Naming, telling: Telling): Answer {
  const of = (labels: Labels) => namedLabels(placed(labels, telling), naming);
  // No copy where nothing changes, as there are a hundred thousand of them.
  const renamed = <One extends { readonly labels: Labels }>(one: One): One => {
    const labels = of(one.labels);
    return labels === one.labels ? one : { ...one, labels };
  };
  return {
    ...answer,
    samples: answer.samples.map(renamed),
    nan: answer.nan.map(of),
    series: answer.series.map(renamed),
  };
}

function namedLabels(labels: Labels, { server = [], system }: Naming): Labels {
  const complete = server.find((set) => set.every((label) => (labels[label] ?? '') !== ''));
  const shared = system === undefined ? '' : (labels[system] ?? '');
  if (complete === undefined && shared === '') return labels;
  return {
    ...labels,
    ...(complete === undefined ? {} : { server: complete.map((label) => labels[label] ?? '').join('/') }),
    ...(shared === '' ? {} : { system: shared }),
  };
}

export type Identity = { readonly [R in Role]?: string };

/** The names of an object; empty where no label tells. */
export function identityIn(labels: Labels, roles: readonly Role[], { labels: from, splits = [] }: Dialect): Identity {
  const identity: { [R in Role]?: string } = {};
  for (const role of roles) {
    const label = from[role].find((each) => (labels[each] ?? '') !== '');
    identity[role] = label === undefined ? '' : (labels[label] ?? '');
  }
  for (const { role, at, into } of splits) {
    const whole = identity[role] ?? '';
    const place = whole.indexOf(at);
    const other = into.find((each) => each !== role);
    if (place < 0 || other === undefined) continue;
    const parts: { [R in Role]?: string } = {
      [into[0]]: whole.slice(0, place),
      [into[1]]: whole.slice(place + at.length),
    };
    // A name may hold the separator itself.
    if (identity[other] === undefined) identity[role] = parts[role] ?? '';
    else if (identity[other] === '' || identity[other] === parts[other]) Object.assign(identity, parts);
  }
  return identity;
}
