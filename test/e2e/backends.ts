/** Backends that speak PromQL, with a history that was written beforehand. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FakeSeries } from '../support/fake-promql.ts';
import { type Server, startHttp } from './servers.ts';
import { find } from './tools.ts';

export const backends = ['prometheus', 'prometheus-3', 'victoria-metrics'] as const;
export type Backend = (typeof backends)[number];

export function startBackend(backend: Backend, history: readonly FakeSeries[]): Promise<Server> {
  return backend === 'victoria-metrics' ? startVictoriaMetrics(history) : startPrometheusWith(backend, history);
}

/** `block`: promtool reads the whole history once for each, so a long one wants long blocks. */
export function startPrometheusWith(
  backend: 'prometheus' | 'prometheus-3',
  history: readonly FakeSeries[],
  block = '24h',
): Promise<Server> {
  return startHttp(backend, '/-/ready', (folder, port) => {
    writeFileSync(join(folder, 'prometheus.yml'), '');
    writeFileSync(join(folder, 'history.om'), `${lines(history, 1)}# EOF\n`);
    const blocks = ['tsdb', 'create-blocks-from', `--max-block-duration=${block}`, 'openmetrics'];
    execFileSync(find('promtool') ?? 'promtool', [...blocks, join(folder, 'history.om'), join(folder, 'tsdb')]);
    return [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'tsdb')}`,
      '--storage.tsdb.retention.time=10y',
      `--web.listen-address=127.0.0.1:${port}`,
    ];
  });
}

async function startVictoriaMetrics(history: readonly FakeSeries[]): Promise<Server> {
  const server = await startHttp('victoria-metrics', '/health', (folder, port) => [
    `-storageDataPath=${join(folder, 'data')}`,
    '-retentionPeriod=10y',
    `-httpListenAddr=127.0.0.1:${port}`,
  ]);
  // Milliseconds here, seconds in OpenMetrics.
  const sent = await fetch(`${server.url}/api/v1/import/prometheus`, { method: 'POST', body: lines(history, 1_000) });
  if (!sent.ok) throw new Error(`import: HTTP ${sent.status} ${await sent.text()}`);
  await fetch(`${server.url}/internal/force_flush`);
  return server;
}

/** Families must stand together. */
function lines(history: readonly FakeSeries[], perSecond: number): string {
  const name = ({ labels }: FakeSeries) => labels.__name__ ?? '';
  const byName = [...history].sort((a, b) => (name(a) < name(b) ? -1 : 1));
  return byName
    .map(({ labels: { __name__, ...labels }, points }) => {
      const set = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
      return points.map(([at, value]) => `${__name__}{${set.join(',')}} ${value} ${at * perSecond}\n`).join('');
    })
    .join('');
}
