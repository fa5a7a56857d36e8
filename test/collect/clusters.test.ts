import { describe, expect, it } from 'vitest';
import { clustersOf } from '../../lib/collect/clusters.ts';
import type { PrometheusTarget } from '../../lib/collect/prometheus/read.ts';
import type { TargetRules } from '../../lib/model/target-rules.ts';

const index = (name: string, scans?: number) => ({
  database: 'shop',
  schema: 'public',
  table: 'orders',
  index: name,
  ...(scans === undefined ? {} : { scansSinceReset: scans }),
});

type Parts = Partial<PrometheusTarget> & { readonly time?: number };

const aServer = (
  name: string,
  role: 'primary' | 'standby',
  { time = 100, ...parts }: Parts = {},
): PrometheusTarget => ({
  name,
  server: { role, settings: {} },
  databases: [{ database: 'shop', sizeBytes: 5e9 }],
  tables: [{ database: 'shop', schema: 'public', table: 'orders', heapBytes: 4e9 }],
  indexes: [index('a', 7), index('b', 0)],
  statements: [{ database: 'shop', queryid: '1', statement: 'id:1', calls: 10, totalTimeMs: time }],
  hosts: [],
  gaps: [],
  sources: [],
  coveredShare: 1,
  resets: 0,
  presence: null,
  samples: {
    ...{ coveredShare: 1, intervalSeconds: 60, newestSampleAgeSeconds: 0, holes: [], resets: 0 },
    ...{ restarts: 0, clockSkewSeconds: 0 },
  },
  notes: [],
  blindDatabases: [],
  aliases: [],
  formerNames: [],
  cluster: null,
  system: null,
  standbys: [],
  ...parts,
});

const sure = (name: string) => ({ id: name, name, sure: true });
const streams = (...names: string[]) => names.map((name) => ({ name, address: '' }));
const of = (servers: readonly PrometheusTarget[], rules: TargetRules = {}) => clustersOf(servers, rules);
const names = (servers: readonly PrometheusTarget[], rules: TargetRules = {}) =>
  of(servers, rules).targets.map(({ name, nodes }) => [name, nodes?.map((node) => node.name) ?? []]);

describe('a primary and its standbys', () => {
  const pair = (parts: Parts = {}) => [
    aServer('db2:9187', 'primary', parts),
    aServer('db1:9187', 'standby', { ...parts, time: 300 }),
  ];

  it('are two targets where nothing says that they belong together', () => {
    expect(names(pair())).toEqual([
      ['db1:9187', []],
      ['db2:9187', []],
    ]);
  });

  it.each([
    ['their label', { cluster: sure('shop') }, {}, 'shop'],
    ['the label scope of Patroni', { cluster: { ...sure('shop'), sure: false } }, {}, 'shop'],
    ['their system identifier, under a name that survives a failover', { system: '7' }, {}, 'db1:9187'],
    ['the configuration', {}, { groups: { shop: ['db*'] } }, 'shop'],
  ] as const)('are one by %s', (_, parts, rules, name) => {
    const { targets, failures } = of(pair(parts), rules);
    expect(failures).toEqual([]);
    expect(targets).toHaveLength(1);
    const [target] = targets;
    expect(target?.name).toBe(name);
    expect(target?.nodes?.map((node) => [node.name, node.role, node.main])).toEqual([
      ['db2:9187', 'primary', true],
      ['db1:9187', 'standby', false],
    ]);
    expect(target?.server.role).toBe('primary');
  });

  it('count sizes and statements once, add up scans of indexes, and say where the rest of the time went', () => {
    const [target] = of(pair({ system: '7' })).targets;
    expect(target?.databases).toEqual([{ database: 'shop', sizeBytes: 5e9 }]);
    expect(target?.tables).toHaveLength(1);
    expect(target?.statements.map((row) => row.totalTimeMs)).toEqual([100]);
    expect(target?.indexes).toEqual([
      { ...index('a', 7), scansOnStandbys: 7 },
      { ...index('b', 0), scansOnStandbys: 0 },
    ]);
    expect(target?.nodes).toMatchObject([
      { calls: 10, statementTimeMs: 100 },
      { calls: 10, statementTimeMs: 300 },
    ]);
    expect(target?.notes.join()).toMatch(/75 % ran on the standby db1:9187; it is not part of the numbers here/);
  });

  it('leave open how often an index is read where one of them does not say', () => {
    const servers = [
      aServer('p', 'primary', { system: '7' }),
      aServer('s1', 'standby', { system: '7', indexes: [index('a', 5), index('b', 0)] }),
      aServer('s2', 'standby', { system: '7', indexes: [index('a')] }),
    ];
    const [target] = of(servers).targets;
    expect(target?.indexes.map((row) => row.scansOnStandbys)).toEqual([5, undefined]);
    expect(target?.nodes?.map((node) => node.scansSeen)).toEqual([true, true, false]);
    expect(target?.gaps).toMatchObject([
      { kind: 'index', measures: ['scansOnStandbys'], reason: expect.stringContaining('standby s2 is not known') },
    ]);
  });

  it('know of a standby that streams and that nobody scrapes', () => {
    const alone = aServer('db1:9187', 'primary', { standbys: [{ name: 'reports', address: '10.0.0.9' }] });
    const [target] = of([alone]).targets;
    expect(target?.nodes).toMatchObject([
      { name: 'db1:9187', main: true },
      { name: 'reports (10.0.0.9)', role: 'standby', scansSeen: false },
    ]);
    expect(target?.gaps).toMatchObject([{ reason: expect.stringContaining('reports (10.0.0.9)') }]);
    expect(target?.indexes.map((row) => row.scansOnStandbys)).toEqual([undefined, undefined]);
    expect(target?.name).toBe('db1:9187');
  });

  it('are all seen when as many are scraped as stream, whatever they call themselves', () => {
    const servers = [
      aServer('p', 'primary', { system: '7', standbys: streams('walreceiver', 'pg2') }),
      aServer('pg2', 'standby', { system: '7' }),
    ];
    expect(names(servers)).toEqual([['p', ['p', 'pg2', 'walreceiver']]]);
    expect(names([...servers, aServer('pg3', 'standby', { system: '7' })])).toEqual([['p', ['p', 'pg2', 'pg3']]]);
  });

  it('say so when no primary was seen', () => {
    const [target] = of([aServer('s2', 'standby', { system: '7' }), aServer('s1', 'standby', { system: '7' })]).targets;
    expect([target?.name, target?.server.role]).toEqual(['s1', 'standby']);
    expect(target?.gaps.map(({ reason }) => reason)).toContainEqual(expect.stringContaining('No primary'));
  });
});

describe('servers that cannot be one cluster', () => {
  it('with two primaries stay apart and say why', () => {
    const both = [aServer('a', 'primary', { cluster: sure('eu') }), aServer('b', 'primary', { cluster: sure('eu') })];
    const { targets } = of(both);
    expect(targets.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(targets[0]?.notes.join()).toMatch(/a and b are not known to be standbys/);
  });

  it('are a failure of that group when the configuration says otherwise', () => {
    const { targets, failures } = of([aServer('a', 'primary'), aServer('b', 'primary'), aServer('c', 'primary')], {
      groups: { shop: ['a', 'b'] },
    });
    expect(targets.map(({ name }) => name)).toEqual(['c']);
    expect(failures).toEqual([
      { target: 'shop', failure: expect.stringMatching(/^targetRules\.groups\.shop: a and b/) },
    ]);
  });

  it('with no database in common stay apart', () => {
    const other = aServer('b', 'standby', { cluster: sure('eu'), databases: [{ database: 'crm' }] });
    expect(names([aServer('a', 'primary', { cluster: sure('eu') }), other]).map(([name]) => name)).toEqual(['a', 'b']);
  });

  it('of one name in two namespaces keep the names of their servers', () => {
    const inSpace = (space: string) => ({ cluster: { id: `${space}/shop`, name: 'shop', sure: true } });
    expect(names([aServer('a', 'primary', inSpace('one')), aServer('b', 'primary', inSpace('two'))])).toEqual([
      ['a', []],
      ['b', []],
    ]);
  });
});

describe('names', () => {
  it('of a cluster, and from the configuration, remember what was before them', () => {
    const server = aServer('pg-1', 'primary', { cluster: sure('shop') });
    expect(of([server]).targets[0]).toMatchObject({ name: 'shop', formerNames: ['pg-1'] });
    expect(of([server], { rename: { shop: 'orders' } }).targets[0]).toMatchObject({
      name: 'orders',
      formerNames: ['shop', 'pg-1'],
    });
    expect(of([server], { rename: { 'pg-1': 'orders' } }).targets[0]?.name).toBe('orders');
  });

  it('that are excluded or not included are gone, with what nobody goes by in the notes', () => {
    const servers = [aServer('prod-1', 'primary'), aServer('prod-2', 'primary'), aServer('test-1', 'primary')];
    const { targets } = of(servers, { include: ['prod-*'], exclude: ['*-2', 'stage-*'] });
    expect(targets.map(({ name }) => name)).toEqual(['prod-1']);
    expect(targets[0]?.notes).toEqual(['targetRules.exclude names stage-*, and no such server was discovered.']);
  });
});
