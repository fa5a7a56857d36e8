/** The machine below a target of RDS or Aurora, through the SDK's own wire, at the level of collect. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCloudWatch } from '../../../lib/collect/cloudwatch/source.ts';
import { collect } from '../../../lib/collect/collect.ts';
import { createPrometheus } from '../../../lib/collect/prometheus/client.ts';
import { hostMeasures } from '../../../lib/model/measures.ts';
import type { Snapshot } from '../../../lib/model/snapshot.ts';
import { testCredentials } from '../../support/aws-signature.ts';
import { type AwsFault, AwsRefusal, type FakeAwsJson } from '../../support/fake-aws-json.ts';
import { type FakeCloudWatchOptions, type FakeMetric, startFakeCloudWatch } from '../../support/fake-cloudwatch.ts';
import { startFakePrometheus } from '../../support/fake-prometheus.ts';

const HOUR = 3_600;
const end = 1_800_000_000;
const start = end - 7 * 24 * HOUR;
const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
const window = { start: iso(start), end: iso(end) };
const stops: (() => Promise<void>)[] = [];

/** A value for every five minutes of the week. */
function metric(name: string, dimensions: FakeMetric['dimensions'], value: (step: number) => number): FakeMetric {
  const points = Array.from({ length: 2016 }, (_, step) => [start + step * 300, value(step)] as const);
  return { name, dimensions, points };
}

const shop = { DBInstanceIdentifier: 'shop' };
/** Night and day: of 24 hours the first 12 read nothing, the others 100 a second at 2 ms. */
const isDay = (step: number) => Math.floor((start + step * 300) / HOUR) % 24 >= 12;
const rds: readonly FakeMetric[] = [
  metric('CPUUtilization', shop, (step) => (isDay(step) ? 60 : 20)),
  metric('FreeableMemory', shop, () => 4e9),
  metric('FreeStorageSpace', shop, (step) => 100e9 - step * 1e6),
  metric('ReadIOPS', shop, (step) => (isDay(step) ? 100 : 0)),
  metric('WriteIOPS', shop, () => 50),
  metric('ReadLatency', shop, (step) => (isDay(step) ? 0.002 : 0)),
  metric('WriteLatency', shop, () => 0.003),
  metric('DiskQueueDepth', shop, () => 0.5),
  metric('BurstBalance', shop, (step) => (step === 1000 ? 12 : 100)),
  metric('EBSIOBalance%', shop, () => 99),
  metric('DatabaseConnections', shop, (step) => (step === 1000 ? 90 : 10)),
];

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', testCredentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', testCredentials.secretAccessKey);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

interface World extends Partial<FakeCloudWatchOptions> {
  /** As Prometheus calls the server. */
  readonly name?: string;
  readonly instances?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

async function hunted({
  name = 'shop.c1abcd.eu-central-1.rds.amazonaws.com:9187',
  instances,
  timeoutMs = 2_000,
  ...rest
}: World) {
  const prometheus = await startFakePrometheus({
    series: [
      { labels: { __name__: 'pg_settings_max_connections', instance: name }, points: [[end - 60, 100]] },
      {
        labels: { __name__: 'pg_stat_database_xact_commit', instance: name, datname: 'shop' },
        points: [[end - 60, 1]],
      },
    ],
  });
  const fake: FakeAwsJson = await startFakeCloudWatch({ metrics: rds, ...rest });
  stops.push(prometheus.stop, fake.stop);
  vi.stubEnv('AWS_ENDPOINT_URL_CLOUDWATCH', fake.endpoint);
  const [one] = await collect({
    ...{ window, takenAt: window.end, previous: async () => null, progress: () => {} },
    prometheus: createPrometheus({ url: prometheus.url, retryMs: 1 }),
    cloudwatch: createCloudWatch({ instances, timeoutMs }),
  });
  if (one === undefined || !('snapshot' in one)) throw new Error(JSON.stringify(one));
  return { snapshot: one.snapshot, fake };
}

const hostGaps = ({ gaps }: Snapshot) => gaps.filter(({ kind }) => kind === 'host');
const gapOf = (snapshot: Snapshot, measure: string) =>
  hostGaps(snapshot).filter(({ measures }) => measures.includes(measure));

describe('an instance of RDS', () => {
  it('is found by its endpoint and read in one batch, into the units of the model', async () => {
    const { snapshot, fake } = await hunted({});
    expect(fake.requests).toHaveLength(1);
    expect(snapshot.hosts).toEqual([
      {
        host: 'shop',
        cpuBusyShare: expect.closeTo(0.4, 6),
        memoryAvailableBytes: 4e9,
        // The mean of the newest hour.
        diskFreeBytes: expect.closeTo(100e9 - 2009.5 * 1e6, -6),
        readIops: expect.closeTo(50, 6),
        writeIops: 50,
        // Not 1 ms, which would be the mean over hours in which nothing was read.
        readLatencyMs: expect.closeTo(2, 6),
        writeLatencyMs: expect.closeTo(3, 6),
        diskQueue: 0.5,
        diskCreditShare: 0.12,
      },
    ]);
    expect(snapshot.server).toMatchObject({ connectionsPeak: 90 });
    expect(snapshot.quality.sources).toEqual(['prometheus', 'cloudwatch']);
    const source = snapshot.sources.find(({ language }) => language === 'cloudwatch');
    expect(source).toMatchObject({
      source: 'cloudwatch',
      kind: 'host',
      measures: expect.arrayContaining(['readIops']),
    });
    expect(JSON.parse(source?.text ?? '')[0].MetricStat.Metric.Dimensions).toEqual([
      { Name: 'DBInstanceIdentifier', Value: 'shop' },
    ]);
    // What CloudWatch cannot know stays a gap, once, and what it knows is none.
    expect(
      hostGaps(snapshot)
        .flatMap(({ measures }) => measures)
        .sort(),
    ).toEqual(['cpuCount', 'diskBytes', 'memoryBytes']);
  });

  it('is found by configuration where the target has another name', async () => {
    const { snapshot } = await hunted({ name: 'db-1:9187', instances: { 'db-1-9187': 'shop' } });
    expect(snapshot.hosts[0]).toMatchObject({ host: 'shop', writeIops: 50 });
    const { snapshot: other, fake } = await hunted({ name: 'db-1:9187' });
    expect(other.hosts).toEqual([]);
    expect(fake.requests).toEqual([]);
  });

  it('comes out the same from several pages', async () => {
    const { snapshot } = await hunted({});
    const { snapshot: paged, fake } = await hunted({ pageSize: 500 });
    expect(fake.requests.length).toBeGreaterThan(3);
    expect(paged.hosts).toEqual(snapshot.hosts);
  });

  it('of which a part is incomplete, refused or unknown has a gap for it with a remedy, and no number', async () => {
    const { snapshot } = await hunted({
      metrics: rds.filter(({ name }) => name !== 'DiskQueueDepth'),
      status: (name) =>
        ({ CPUUtilization: 'PartialData', FreeableMemory: 'Forbidden', WriteIOPS: 'InternalError' })[name],
    });
    const [host] = snapshot.hosts;
    for (const [measure, absence, reason] of [
      ['cpuBusyShare', 'truncated', /only a part of CPUUtilization of shop \(PartialData\)/],
      ['memoryAvailableBytes', 'no-right', /refused FreeableMemory/],
      ['writeIops', 'truncated', /InternalError/],
      ['diskQueue', 'not-exported', /has no DiskQueueDepth of shop/],
    ] as const) {
      expect(host, measure).not.toHaveProperty(measure);
      const [gap, ...more] = gapOf(snapshot, measure);
      expect(more).toEqual([]);
      expect(gap).toMatchObject({
        source: 'cloudwatch',
        absence,
        reason: expect.stringMatching(reason),
        remedy: expect.stringMatching(/\.$/),
      });
    }
    // Its weights are unknown, so the mean of the latency is.
    expect(host).not.toHaveProperty('writeLatencyMs');
    expect(gapOf(snapshot, 'writeLatencyMs')).toHaveLength(1);
  });

  it('that read nothing has no time of one read', async () => {
    const { snapshot } = await hunted({
      metrics: rds.map((one) => (one.name === 'ReadIOPS' ? metric('ReadIOPS', shop, () => 0) : one)),
    });
    expect(snapshot.hosts[0]).toMatchObject({ readIops: 0 });
    expect(snapshot.hosts[0]).not.toHaveProperty('readLatencyMs');
    expect(gapOf(snapshot, 'readLatencyMs')[0]).toMatchObject({ absence: 'no-history' });
  });

  it('with values for some days only says so', async () => {
    const late = rds.map((one) => ({ ...one, points: one.points.filter(([at]) => at >= end - 48 * HOUR) }));
    const { snapshot } = await hunted({ metrics: late });
    expect(snapshot.quality.notes).toContain('CloudWatch has values of shop for 28 % of the window.');
  });
});

describe('a cluster of Aurora', () => {
  it('is read by its role, with the storage of the cluster', async () => {
    const writer = { DBClusterIdentifier: 'shop', Role: 'WRITER' };
    const { snapshot } = await hunted({
      name: 'shop.cluster-c1abcd.eu-central-1.rds.amazonaws.com:9187',
      metrics: [
        metric('CPUUtilization', writer, () => 30),
        metric('FreeLocalStorage', writer, (step) => (step === 7 ? 1e9 : 5e9)),
        metric('VolumeBytesUsed', { DBClusterIdentifier: 'shop' }, () => 7e9),
      ],
    });
    expect(snapshot.hosts[0]).toMatchObject({ cpuBusyShare: 0.3, temporaryFreeBytes: 1e9, clusterVolumeBytes: 7e9 });
    expect(snapshot.hosts[0]).not.toHaveProperty('diskFreeBytes');
  });
});

describe('CloudWatch that fails', () => {
  const all = Object.keys(hostMeasures).filter((name) => !/temporary|cluster|Credit/.test(name));

  const failures: readonly (readonly [string, () => AwsFault, string, RegExp])[] = [
    [
      'denied',
      () => new AwsRefusal('AccessDeniedException', 'User: arn:aws:iam::1:canary is not authorized'),
      'no-right',
      /AccessDenied/,
    ],
    ['throttling', () => new AwsRefusal('ThrottlingException', 'Rate exceeded'), 'unreachable', /throttling/],
    ['broken', () => new AwsRefusal('InternalServiceFault', 'x', 500), 'unreachable', /InternalServiceFault/],
    ['garbled', () => 'garbage', 'unreachable', /could not be asked/],
    ['cut', () => 'cut', 'unreachable', /could not be asked/],
    ['silent', () => 'hang', 'unreachable', /no answer in time/],
  ];
  it.each(failures)('%s costs the machine and nothing else', async (_, fault, absence, reason) => {
    const { snapshot, fake } = await hunted({ fault, timeoutMs: 200 });
    expect(fake.requests.length).toBeLessThanOrEqual(3);
    expect(snapshot.hosts).toEqual([]);
    expect(snapshot.server.maxConnections).toBe(100);
    const [gap, ...more] = hostGaps(snapshot);
    expect(more).toEqual([]);
    expect(gap).toMatchObject({ source: 'cloudwatch', absence, measures: all, reason: expect.stringMatching(reason) });
    expect(JSON.stringify(snapshot)).not.toContain('canary');
  });

  it('once is asked again', async () => {
    const { snapshot, fake } = await hunted({
      fault: (before) => (before === 0 ? new AwsRefusal('ThrottlingException', 'Rate exceeded') : undefined),
    });
    expect(fake.requests).toHaveLength(2);
    expect(snapshot.hosts[0]).toMatchObject({ writeIops: 50 });
  });
});
