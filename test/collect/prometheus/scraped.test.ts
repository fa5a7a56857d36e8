/**
 * What exporters of CloudWatch really publish, as scraped from them: their own labels and names, in front of moto with one
 * RDS instance. The numbers are those of the documented shop.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createPrometheus } from '../../../lib/collect/prometheus/client.ts';
import { cloudWatchExporter } from '../../../lib/collect/prometheus/dialects/cloudwatch-exporter.ts';
import { yace } from '../../../lib/collect/prometheus/dialects/yace.ts';
import { readPrometheus } from '../../../lib/collect/prometheus/read.ts';
import { documented, documentedEnd as end, documentedWindow as window } from '../../support/documented.ts';
import { type FakeSeries, startFakePrometheus } from '../../support/fake-prometheus.ts';

/** As Prometheus keeps them without honor_labels: a label of the exporter that is in the way is put aside, an empty one goes. */
function scraped(id: string, target: Readonly<Record<string, string>>): readonly FakeSeries[] {
  const text = readFileSync(new URL(`../../recordings/prometheus/scraped/${id}.txt`, import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', inside = '', value = ''] = /^(\w+)\{(.*)\} (\S+)(?: \d+)?$/.exec(line) ?? [];
      const own = [...inside.matchAll(/(\w+)="([^"]*)"/g)]
        .map(([, label = '', each = '']) => [label in target ? `exported_${label}` : label, each] as const)
        .filter(([, each]) => each !== '');
      const points = Array.from({ length: 61 }, (_, at) => [end - 3_600 + at * 60, Number(value)] as const);
      return { labels: { __name__: name, ...Object.fromEntries(own), ...target }, points };
    });
}

const server = documented('brief').map((each) => ({
  ...each,
  labels: { ...each.labels, instance: 'shop.c1abcdefghij.eu-west-1.rds.amazonaws.com:5432' },
}));

test.each([
  ['yace', yace, '10.0.0.30:5000'],
  ['cloudwatch-exporter', cloudWatchExporter, '10.0.0.31:9106'],
] as const)('%s tells of the machine of its instance', async (id, dialect, instance) => {
  const series = scraped(id, { job: id, instance });
  const published = new Set(series.map(({ labels }) => labels.__name__));
  const bound = Object.values(dialect.bindings).flatMap(({ names }) => names);
  expect(bound.filter((name) => !published.has(name))).toEqual([]);
  const fake = await startFakePrometheus({ series: [...server, ...series] });
  try {
    const [target, ...others] = await readPrometheus({ source: createPrometheus({ url: fake.url }), window });
    expect(others).toEqual([]);
    expect(target?.hosts).toEqual([
      {
        ...{ host: 'shop', cpuBusyShare: 0.25, memoryAvailableBytes: 3e9, diskFreeBytes: 70e9, diskQueue: 0.5 },
        ...{ readIops: 120, writeIops: 80, readLatencyMs: expect.closeTo(2, 9), writeLatencyMs: expect.closeTo(4, 9) },
      },
    ]);
  } finally {
    await fake.stop();
  }
});
