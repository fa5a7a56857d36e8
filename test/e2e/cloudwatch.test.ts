/** Metrics put into another implementation of CloudWatch by the SDK, and what collecting makes of them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createCloudWatch } from '../../lib/collect/cloudwatch/source.ts';
import { collect } from '../../lib/collect/collect.ts';
import { createPrometheus } from '../../lib/collect/prometheus/client.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { testCredentials } from '../support/aws-signature.ts';
import { type FakeMetric, startFakeCloudWatch } from '../support/fake-cloudwatch.ts';
import { startFakePrometheus } from '../support/fake-prometheus.ts';
import { freePort } from './servers.ts';
import { find, needs } from './tools.ts';

const { missing, skip } = needs('moto');
const HOUR = 3_600;
const HOURS = 7 * 24;
/** moto takes nothing older than two weeks. */
const end = Math.floor(Date.now() / 1000 / HOUR) * HOUR;
const start = end - HOURS * HOUR;
const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
const window = { start: iso(start), end: iso(end) };
const dimensions = { DBInstanceIdentifier: 'shop' };

/** Two values an hour, so that an average, a maximum and a minimum of an hour differ. */
const metric = (name: string, value: (hour: number, half: number) => number): FakeMetric => ({
  ...{ name, dimensions },
  points: Array.from({ length: HOURS * 2 }, (_, at) => [
    start + at * (HOUR / 2) + 60,
    value(Math.floor(at / 2), at % 2),
  ]),
});
const isDay = (hour: number) => hour % 24 >= 12;
const metrics: readonly FakeMetric[] = [
  metric('CPUUtilization', (hour, half) => (isDay(hour) ? 60 : 20) + 10 * half),
  metric('FreeableMemory', () => 4e9),
  metric('FreeStorageSpace', (hour) => 100e9 - hour * 1e8),
  metric('ReadIOPS', (hour) => (isDay(hour) ? 100 : 1)),
  metric('WriteIOPS', () => 50),
  metric('ReadLatency', (hour) => (isDay(hour) ? 0.002 : 0.009)),
  metric('WriteLatency', () => 0.003),
  metric('DiskQueueDepth', (_, half) => half),
  metric('BurstBalance', (hour, half) => (hour === 99 && half === 1 ? 12 : 100)),
  metric('DatabaseConnections', (hour, half) => (hour === 7 && half === 0 ? 90 : 10)),
];

describe.skipIf(skip)(`CloudWatch by moto${skip ? ` (missing: ${missing.join(', ')})` : ''}`, () => {
  let moto: ChildProcess;
  let endpoint = '';

  beforeAll(async () => {
    expect(missing, 'tools that are missing').toEqual([]);
    for (const [name, value] of Object.entries({
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: testCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: testCredentials.secretAccessKey,
    })) {
      vi.stubEnv(name, value);
    }
    const port = await freePort();
    moto = spawn(find('moto') ?? '', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
    endpoint = `http://127.0.0.1:${port}`;
    const isUp = () =>
      fetch(`${endpoint}/moto-api/data.json`)
        .then(({ ok }) => ok)
        .catch(() => false);
    for (let tries = 0; !(await isUp()); tries += 1) {
      if (tries > 150) throw new Error('moto did not get ready');
      await sleep(200);
    }
    const client = new CloudWatchClient({ endpoint });
    for (const { name, points } of metrics) {
      const MetricData = points.map(([at, Value]) => ({
        ...{ MetricName: name, Value, Timestamp: new Date(at * 1000) },
        Dimensions: Object.entries(dimensions).map(([Name, value]) => ({ Name, Value: value })),
      }));
      await client.send(new PutMetricDataCommand({ Namespace: 'AWS/RDS', MetricData }));
    }
    client.destroy();
  });

  afterAll(() => {
    vi.unstubAllEnvs();
    moto?.kill();
  });

  async function seenAt(address: string): Promise<Snapshot> {
    const instance = 'shop.c1abcd.eu-central-1.rds.amazonaws.com:9187';
    const prometheus = await startFakePrometheus({
      series: [
        { labels: { __name__: 'pg_settings_max_connections', instance }, points: [[end - 60, 100]] },
        { labels: { __name__: 'pg_stat_database_xact_commit', instance, datname: 'shop' }, points: [[end - 60, 1]] },
      ],
    });
    vi.stubEnv('AWS_ENDPOINT_URL_CLOUDWATCH', address);
    try {
      const [one] = await collect({
        ...{ window, takenAt: window.end, previous: async () => null, progress: () => {} },
        prometheus: createPrometheus({ url: prometheus.url }),
        cloudwatch: createCloudWatch({}),
      });
      if (one === undefined || !('snapshot' in one)) throw new Error(JSON.stringify(one));
      return one.snapshot;
    } finally {
      await prometheus.stop();
    }
  }

  it('gives the numbers that were put in', async () => {
    const [host] = (await seenAt(endpoint)).hosts;
    expect(host).toEqual({
      host: 'shop',
      cpuBusyShare: expect.closeTo(0.45, 6),
      memoryAvailableBytes: 4e9,
      diskFreeBytes: 100e9 - (HOURS - 1) * 1e8,
      readIops: 50.5,
      writeIops: 50,
      readLatencyMs: expect.closeTo((100 * 2 + 1 * 9) / 101, 6),
      writeLatencyMs: expect.closeTo(3, 6),
      diskQueue: 0.5,
      diskCreditShare: 0.12,
    });
  });

  it('is read as our own CloudWatch is read', async () => {
    const fake = await startFakeCloudWatch({ metrics });
    const [ours, theirs] = [await seenAt(fake.endpoint), await seenAt(endpoint)];
    await fake.stop();
    expect(theirs.hosts).toEqual(ours.hosts);
    expect(theirs.server).toEqual(ours.server);
    expect(theirs.gaps.filter(({ source }) => source === 'cloudwatch')).toEqual(
      ours.gaps.filter(({ source }) => source === 'cloudwatch'),
    );
  });
});
