import { expect, it } from 'vitest';
import { withUnseenStandbys } from '../../lib/collect/standbys.ts';
import type { NodeRow } from '../../lib/model/node.ts';
import type { Replica } from '../../lib/model/server-facts.ts';
import { anIndex, aSnapshot } from '../support/rows.ts';

const replica = (name: string, more: Partial<Replica> = {}): Replica => ({ name, standby: true, ...more });
const node = (name: string, main: boolean, scansSeen = true): NodeRow => ({ name, main, scansSeen });
const hunted = (replicas: readonly Replica[], nodes?: readonly NodeRow[], scansOnStandbys?: number) => {
  const plain = aSnapshot({
    indexes: [anIndex({ scans: 0, ...(scansOnStandbys === undefined ? {} : { scansOnStandbys }) })],
  });
  const server = { ...plain.server, replicas };
  return withUnseenStandbys({ ...plain, server, ...(nodes === undefined ? {} : { nodes }) });
};

it('a standby that only the catalog names is a node nobody looked at, and its scans are a gap', () => {
  const { nodes, gaps, target } = hunted([replica('walreceiver', { address: '10.0.0.5' })]);
  expect(nodes).toEqual([
    expect.objectContaining({ name: target, main: true, scansSeen: true }),
    { name: 'walreceiver (10.0.0.5)', role: 'standby', main: false, scansSeen: false },
  ]);
  expect(gaps).toMatchObject([
    { kind: 'index', measures: ['scansOnStandbys'], source: 'postgres', absence: 'unreachable' },
  ]);
});

it('a subscriber, a backup and what may not be seen are no standbys', () => {
  const none = hunted([replica('subscription', { standby: false }), { name: 'hidden' }]);
  expect(none).not.toHaveProperty('nodes');
  expect(none.gaps).toEqual([]);
});

it.each([
  ['by name', replica('db-2'), node('db-2', false)],
  ['by address', replica('walreceiver', { address: '10.0.0.5' }), node('10.0.0.5:5432', false)],
  ['by their number', replica('walreceiver'), node('db-2', false)],
])('one that an exporter shows already is told %s', (_, one, seen) => {
  expect(hunted([one], [node('db-1', true), seen]).nodes).toHaveLength(2);
});

it('zero scans on the standbys that were seen are withdrawn beside one that was not; scans stay', () => {
  const nodes = [node('db-1', true), node('db-2', false)];
  const both = [replica('db-2'), replica('db-3')];
  expect(hunted(both, nodes, 0).indexes[0]).not.toHaveProperty('scansOnStandbys');
  expect(hunted(both, nodes, 4).indexes[0]).toHaveProperty('scansOnStandbys', 4);
  expect(hunted([replica('db-2')], nodes, 0).indexes[0]).toHaveProperty('scansOnStandbys', 0);
});
