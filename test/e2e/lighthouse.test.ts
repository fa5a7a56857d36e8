/** Google's Lighthouse on the page of a report, served as a bucket behind a web server would: at least 95 in all four. */
import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesOf } from '../support/preview.ts';
import { states } from '../support/states.ts';
import { find, needs } from './tools.ts';

const { missing, skip } = needs('chromium', 'lighthouse');
const LEAST = 95;
const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  json: 'application/json',
  csv: 'text/csv',
};

interface Verdict {
  readonly categories: Readonly<
    Record<string, { readonly score: number | null; readonly auditRefs: readonly { id: string }[] }>
  >;
  readonly audits: Readonly<Record<string, { readonly score: number | null; readonly title: string }>>;
  readonly runtimeError?: { readonly message: string };
}

describe.skipIf(skip)('Lighthouse', () => {
  let server: Server;
  let base: string;
  const files = new Map<string, Uint8Array>();

  beforeAll(async () => {
    expect(missing, 'tools that are missing').toEqual([]);
    const state = states.regression?.();
    if (state === undefined) throw new Error('there is a week with regressions');
    for (const { path, body } of await filesOf(state)) files.set(`/${path}`, body);
    server = createServer(({ url = '' }, response) => {
      const body = files.get(url);
      const type = TYPES[url.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
      response.writeHead(body === undefined ? 404 : 200, { 'Content-Type': type }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => server?.close());

  async function verdictOn(path: string, ...flags: readonly string[]): Promise<Verdict> {
    const args = [
      join(find('lighthouse') ?? '', 'cli/index.js'),
      `${base}${path}`,
      ...['--quiet', '--output=json', '--only-categories=performance,accessibility,best-practices,seo', ...flags],
      // Nobody should find a report in a search engine; that the page says so is tested below. And it lets nothing be
      // fetched, so Lighthouse cannot see the web server's robots.txt from within.
      '--skip-audits=is-crawlable,robots-txt',
      '--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-background-networking',
    ];
    const child = spawn(process.execPath, args, {
      env: { ...process.env, CHROME_PATH: find('chromium') ?? '', CI: '1' },
    });
    let [out, said] = ['', ''];
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (said += chunk));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code, said).toBe(0);
    return JSON.parse(out) as Verdict; // its own format, of which we read this part
  }

  /** Audits that cost points, by category with its score out of a hundred. */
  function faults({ categories, audits }: Verdict): readonly string[] {
    return Object.entries(categories).flatMap(([name, { score, auditRefs }]) => {
      const points = Math.round((score ?? 0) * 100);
      const why = auditRefs.flatMap(({ id }) => ((audits[id]?.score ?? 1) < 0.9 ? [id] : []));
      return points >= LEAST ? [] : [`${name} ${points}: ${why.join(', ')}`];
    });
  }

  it.each([
    ['a phone', []],
    ['a desk', ['--preset=desktop']],
  ] as const)('gives the page of a report 95 of 100 in all four, on %s', async (_, flags) => {
    const path = [...files.keys()].find((one) => /^\/reports\/[^/]+\/2026-W47\/index\.html$/.test(one)) ?? '';
    expect(new TextDecoder().decode(files.get(path))).toContain('<meta name="robots" content="noindex">');
    expect(new TextDecoder().decode(files.get(path))).toContain("default-src 'none'");
    const verdict = await verdictOn(path, ...flags);
    expect(verdict.runtimeError?.message ?? '').toBe('');
    expect(Object.keys(verdict.categories)).toEqual(['performance', 'accessibility', 'best-practices', 'seo']);
    expect(faults(verdict)).toEqual([]);
  });
});
