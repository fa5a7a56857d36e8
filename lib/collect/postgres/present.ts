/** Drops what SQL answered with NULL: unknown is absent, never a stand-in. */
export function present<Values extends Readonly<Record<string, unknown>>>(
  values: Values,
): { [Name in keyof Values]?: Exclude<Values[Name], null | undefined> } {
  const known = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  // Object.fromEntries forgets the names; nothing was added to them.
  return Object.fromEntries(known) as { [Name in keyof Values]?: Exclude<Values[Name], null | undefined> };
}

/** Measure → value as it stands; beside measures, what is needed to subtract them. */
export type Counters = Readonly<Record<string, number>>;

/** The same for counters, whose names are data. */
export function counted(values: Readonly<Record<string, number | null>>): Counters {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
  );
}
