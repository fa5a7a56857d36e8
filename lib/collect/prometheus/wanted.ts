/** Why no metric of a binding was there, as far as its versions and the switch that publishes it tell. Pure. */
import type { Binding } from './dialect.ts';

export interface Wanted {
  /** Names that this server's version can have, with the exporter's versions. */
  readonly names: readonly string[];
  /** Set where no version of an exporter can show it of this server. */
  readonly unsupported?: { readonly reason: string; readonly remedy: string };
  /** What publishes it, as the end of a sentence. */
  readonly switched: string;
}

/** `versionNum` as server_version_num; undefined where nobody told. */
export function wantedOf(binding: Binding, versionNum: number | undefined): Wanted {
  const { names, versions = {}, matching, source } = binding;
  const major = versionNum === undefined ? null : Math.floor(versionNum / 10_000);
  const fits = (name: string): boolean => {
    const [from = null, to] = versions[name]?.postgres ?? [];
    return major === null || ((from === null || major >= from) && (to === undefined || major <= to));
  };
  const possible = names.filter(fits);
  const told = possible.map(
    (name) => `${matching === undefined ? name : `${name}{${matching}}`}${ofExporter(versions[name]?.exporter)}`,
  );
  const switched =
    source === undefined
      ? ''
      : source.byDefault === 'off'
        ? `; ${source.name} publishes it and is off by default`
        : `; ${source.name} publishes it and is on by default, so it was switched off or its query fails`;
  if (names.length === 0 || possible.length > 0) return { names: told, switched };
  const ranges = names.flatMap((name) => versions[name]?.postgres ?? []);
  const from = ranges.find((each) => each !== null) ?? null;
  const reason =
    from !== null && major !== null && major < from
      ? `PostgreSQL ${major} does not have it; it came with ${from}.`
      : `This exporter shows it of PostgreSQL before ${major} only.`;
  const remedy =
    from !== null && major !== null && major < from
      ? `Upgrade PostgreSQL to ${from} or later.`
      : 'Upgrade the exporter, or give this target a PostgreSQL connection.';
  return { names: [], unsupported: { reason, remedy }, switched };
}

function ofExporter(range: readonly [from: string | null, to?: string] | undefined): string {
  const [from = null, to] = range ?? [];
  if (from === null) return to === undefined ? '' : ` (up to ${to})`;
  return to === undefined ? ` (${from} and later)` : ` (${from} to ${to})`;
}
