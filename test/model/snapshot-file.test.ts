import { describe, expect, it } from 'vitest';
import { parseSnapshot, SnapshotError } from '../../lib/model/snapshot-file.ts';
import { aSnapshot } from '../support/rows.ts';

const healthy = JSON.stringify(aSnapshot());
// Taken apart again: a test puts wrong things where the types allow none.
const changed = (change: (snapshot: Record<string, unknown>) => void): string => {
  const snapshot = JSON.parse(healthy) as Record<string, unknown>;
  change(snapshot);
  return JSON.stringify(snapshot);
};

describe('parseSnapshot', () => {
  it('gives back what was written, in the order it was written', () => {
    expect(JSON.stringify(parseSnapshot(healthy))).toBe(healthy);
    const turned = JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(healthy)).reverse()));
    expect(JSON.stringify(parseSnapshot(turned))).toBe(turned);
  });

  it.each([
    ['a name that leads out of the archive', 'target', { target: '../../etc' }],
    ['a number that is text', 'tables.0.deadRows', { tables: [{ ...aSnapshot().tables[0], deadRows: 'many' }] }],
    ['columns that are no list', 'tables.0.columns', { tables: [{ ...aSnapshot().tables[0], columns: 7 }] }],
    ['a text that is a number', 'statements.0.text', { statements: [{ ...aSnapshot().statements[0], text: 7 }] }],
    ['a setting that is an object', 'server.settings.x.value', { server: { settings: { x: { value: {} } } } }],
    ['another version', 'version is of another version', { version: 2 }],
  ])('refuses %s, and says where', (_, where, wrong) => {
    const text = changed((snapshot) => Object.assign(snapshot, wrong));
    expect(() => parseSnapshot(text)).toThrow(SnapshotError);
    expect(() => parseSnapshot(text)).toThrow(`is no snapshot: ${where}`);
  });

  it('refuses what is no JSON', () => {
    expect(() => parseSnapshot(healthy.slice(0, 99))).toThrow('is no JSON');
  });
});
