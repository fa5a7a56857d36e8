/** What must hold after every case, whatever was broken. */
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import type { Report } from '../../lib/model/report.ts';
import { type RowKind, rowsOf, type Snapshot } from '../../lib/model/snapshot.ts';
import { parseSnapshot } from '../../lib/model/snapshot-file.ts';

const KINDS = ['server', 'database', 'table', 'index', 'statement', 'host'] as const satisfies readonly RowKind[];
const IDENTITY = ['database', 'schema', 'table', 'index', 'queryid', 'statement', 'instance', 'host'];

export const textOf = (body: Uint8Array): string =>
  (body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body) : Buffer.from(body)).toString('utf8');

/** What a run made and nobody may change afterwards; pages are written anew when a week is added. */
const LASTING = /^(history\/|baseline\/|reports\/.*(report\.json|snapshot\.json\.gz|digest\.(html|txt)|\.csv)$)/;

/** No lost history: what was there is there, byte for byte. */
export function expectKept(before: ReadonlyMap<string, Uint8Array>, after: ReadonlyMap<string, Uint8Array>): void {
  const kept = [...before].filter(([key]) => LASTING.test(key));
  expect(kept.length).toBeGreaterThan(0);
  for (const [key, body] of kept) {
    expect(after.has(key), `${key} is gone`).toBe(true);
    expect(Buffer.compare(after.get(key) ?? new Uint8Array(), body), `${key} was changed`).toBe(0);
  }
}

/** No secret in anything that was written, sent or said. */
export function expectNoSecret(secrets: readonly string[], texts: readonly string[]): void {
  for (const secret of secrets) {
    const [leak] = texts.filter((text) => text.includes(secret));
    expect(leak?.slice(0, 200), 'a secret was told').toBeUndefined();
  }
}

/** Without what is different each time: how long the sources took. */
export function comparable(report: Report): unknown {
  return JSON.parse(JSON.stringify(report), (key, value) => (key === 'load' ? undefined : value));
}

export function snapshotIn(all: ReadonlyMap<string, Uint8Array>, target: string): Snapshot {
  const keys = [...all.keys()].filter(
    (key) => key.startsWith(`reports/${target}/`) && key.endsWith('snapshot.json.gz'),
  );
  const body = all.get(keys.sort().at(-1) ?? '');
  if (body === undefined) throw new Error(`${target} has no snapshot: ${[...all.keys()].join()}`);
  return parseSnapshot(textOf(body));
}

const isActiveTimeKnown = ({ gaps }: Snapshot): boolean =>
  !gaps.some(({ kind, measures }) => kind === 'database' && measures.includes('activeTimeMs'));

export interface Seen {
  readonly report: Report;
  readonly snapshot: Snapshot;
}

/** No wrong number: each is that of the clean run, or is absent and a gap names it; nothing unknown is called fine. */
export function expectNoWrongNumber(clean: Seen, faulty: Seen): void {
  for (const kind of KINDS) {
    const identity = (row: object) => JSON.stringify(IDENTITY.map((name) => row[name as never] ?? null));
    const known = new Map(rowsOf(clean.snapshot, kind).map((row) => [identity(row), row]));
    const gaps = faulty.snapshot.gaps.filter((gap) => gap.kind === kind);
    const isNamed = (measure: string) =>
      gaps.some(({ measures }) => measures.length === 0 || measures.includes(measure as never));
    const rows = new Map(rowsOf(faulty.snapshot, kind).map((row) => [identity(row), row]));
    for (const [id, row] of rows) {
      expect(known.has(id), `${kind} ${id} does not exist`).toBe(true);
      for (const [name, value] of Object.entries(row)) {
        expect(value, `${kind} ${id} ${name}`).toEqual(known.get(id)?.[name as never]);
      }
    }
    for (const [id, row] of known) {
      const there = rows.get(id);
      for (const [name, value] of Object.entries(row)) {
        if (IDENTITY.includes(name) || there?.[name as never] !== undefined || typeof value !== 'number') continue;
        expect(isNamed(name), `${kind} ${id}: ${name} is absent and no gap names it`).toBe(true);
      }
    }
    for (const { reason, remedy } of gaps)
      expect([reason, remedy]).toEqual([expect.stringMatching(/./), expect.stringMatching(/\.$/)]);
  }
  expectNothingFine(clean, faulty);
  const [whole, part] = [clean.report.targets[0], faulty.report.targets[0]];
  const found = new Map(whole?.opportunities.map((one) => [one.key, one]));
  for (const { key, evidence } of part?.opportunities ?? []) {
    expect([...found.keys()]).toContain(key);
    for (const one of evidence) {
      const same = found.get(key)?.evidence.find(({ label }) => label === one.label);
      // A share of less than all is larger; that it is of less must then be said.
      if (one.label === 'Share of database time' && !isActiveTimeKnown(faulty.snapshot)) {
        expect(one.value, key).toBeGreaterThanOrEqual(Number(same?.value));
      } else expect(one, key).toEqual(same);
    }
  }
}

/** What was not seen is not fine. */
export function expectNothingFine(clean: Seen, faulty: Seen): void {
  const [whole, part] = [clean.report.targets[0], faulty.report.targets[0]];
  const cleanly = new Map(whole?.coverage.map(({ advisor, state }) => [advisor, state]));
  for (const { advisor, state } of part?.coverage ?? []) {
    if (state === 'clear') expect(cleanly.get(advisor), `${advisor} calls fine what it could not see`).toBe('clear');
    if (state === 'found') expect(cleanly.get(advisor), `${advisor} found what is not there`).toBe('found');
    expect(state, advisor).not.toBe('failed');
  }
}
