/** The rules of the configuration, applied to names. Pure. */
import { matchesPattern } from '../model/pattern.ts';
import type { TargetRules } from '../model/target-rules.ts';
import { targetName } from './names.ts';

export function matches(pattern: string, name: string): boolean {
  return [name, targetName(name)].some((each) => matchesPattern(pattern, each));
}

const anyOf = (patterns: readonly string[], names: readonly string[]) =>
  patterns.some((pattern) => names.some((name) => matches(pattern, name)));

export function isWanted({ include, exclude = [] }: TargetRules, names: readonly string[]): boolean {
  return (include === undefined || anyOf(include, names)) && !anyOf(exclude, names);
}

/** The first that a name matches. */
export function groupOf({ groups = {} }: TargetRules, names: readonly string[]): string | null {
  return Object.entries(groups).find(([, patterns]) => anyOf(patterns, names))?.[0] ?? null;
}

export function newName({ rename = {} }: TargetRules, names: readonly string[]): string | null {
  return (
    Object.entries(rename).find(([old]) => names.some((name) => [name, targetName(name)].includes(old)))?.[1] ?? null
  );
}

/** A rule for a name that nobody has may be a slip of the pen, or a server that is down. */
export function unknownNames(rules: TargetRules, names: readonly string[]): readonly string[] {
  const { include = [], exclude = [], groups = {}, rename = {} } = rules;
  const given = [
    ...include.map((pattern) => ['include', pattern] as const),
    ...exclude.map((pattern) => ['exclude', pattern] as const),
    ...Object.entries(groups).flatMap(([group, patterns]) =>
      patterns.map((each) => [`groups.${group}`, each] as const),
    ),
    ...Object.keys(rename).map((old) => ['rename', old] as const),
  ];
  return given
    .filter(([, pattern]) => !anyOf([pattern], names))
    .map(([rule, pattern]) => `targetRules.${rule} names ${pattern}, and no such server was discovered.`);
}
