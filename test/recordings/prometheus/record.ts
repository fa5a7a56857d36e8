/**
 * Keeps what a real Prometheus answers to the questions of lib/collect/prometheus, trimmed to what a test needs.
 * npx tsx test/recordings/prometheus/record.ts URL SELECTOR SECONDS FILE "ABOUT"
 */
import { writeFileSync } from 'node:fs';
import { readPrometheus } from '../../../lib/collect/prometheus/read.ts';
import { PrometheusError } from '../../../lib/collect/prometheus/error.ts';
import type { PrometheusSource } from '../../../lib/collect/prometheus/client.ts';
import { joinedParts } from '../../support/fake-promql.ts';
import { parseAnswer, parseNames } from '../../../lib/collect/prometheus/response.ts';

interface Wire {
  readonly resultType: string;
  readonly result: readonly { readonly metric: Readonly<Record<string, string>>; readonly values?: readonly unknown[] }[];
}

const KEPT_STATEMENTS = 60;
const keptSettings =
  /^pg_settings_(autovacuum.*|max_connections|.*reserved_connections|shared_buffers.*|work_mem.*|.*wal_size.*|block_size|server_version_num|in_hot_standby|log_min_duration_statement.*|checkpoint_.*|enable_seqscan|pg_stat_statements_.*|track_io_timing)$/;

async function main([url = '', selector = '', seconds = '', file = '', about = '']: readonly string[]): Promise<void> {
  const end = Math.floor(Date.now() / 1000) - 2;
  const window = { start: iso(end - Number(seconds)), end: iso(end) };
  const answers: Record<string, Wire> = {};
  const kept = new Set<string>();
  let names: readonly string[] = [];
  const body = async (path: string, form?: URLSearchParams): Promise<{ data: Wire }> => {
    const response = await fetch(`${url}${path}`, form === undefined ? {} : { method: 'POST', body: form });
    // The edge of a script: whatever comes is parsed below before anyone relies on it.
    return (await response.json()) as { data: Wire };
  };
  const source: PrometheusSource = {
    url,
    // Each question by itself, so that a recording outlives the way they are joined into requests.
    query: async (promql, at) => {
      const ask = async (text: string): Promise<Wire> => {
        const answer = await body('/api/v1/query', new URLSearchParams({ query: text, time: String(at) }));
        answers[text] = trimmed(answer.data, kept);
        return answers[text];
      };
      const joined = joinedParts(promql);
      if (joined === null) return parseAnswer({ status: 'success', data: await ask(promql) });
      const result: Wire['result'][number][] = [];
      for (const { part, label, value } of joined) {
        const wire = await ask(part);
        result.push(...wire.result.map((one) => ({ ...one, metric: { ...one.metric, [label]: value } })));
      }
      return parseAnswer({ status: 'success', data: { resultType: 'vector', result } });
    },
    requestsLeft: () => 1_000,
    queryRange: async () => {
      throw new PrometheusError('refused', 'no ranges are recorded');
    },
    names: async (match, start, to) => {
      const path = `/api/v1/label/__name__/values?match[]=${encodeURIComponent(match)}&start=${start}&end=${to}`;
      const found = parseNames(await body(path));
      names = found.names;
      return found;
    },
  };
  await readPrometheus({ source, window, selector });
  const sorted = Object.fromEntries(Object.entries(answers).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(file, `${JSON.stringify({ about, window, selector, names, answers: sorted }, null, 1)}\n`);
}

function trimmed(data: Wire, kept: Set<string>): Wire {
  const result = data.result
    .filter(({ metric: { queryid } }) => {
      if (queryid === undefined || kept.has(queryid)) return true;
      return kept.size < KEPT_STATEMENTS && kept.add(queryid) !== undefined;
    })
    .filter(({ metric }) => !(metric.__name__ ?? '').startsWith('pg_settings_') || keptSettings.test(metric.__name__ ?? ''))
    .map((one) => (one.values === undefined ? one : { ...one, values: one.values.slice(-20) }));
  return { ...data, result };
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

await main(process.argv.slice(2));
