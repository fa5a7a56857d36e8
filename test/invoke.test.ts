import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ConfigError } from '../lib/config.ts';
import { readFlags } from '../lib/flags.ts';
import { InvokeError, invoke } from '../lib/invoke.ts';

const asked: { readonly path: string; readonly event: unknown }[] = [];
let answer: { status: number; headers: Record<string, string>; body: string };
let server: Server;

beforeEach(async () => {
  asked.length = 0;
  answer = { status: 200, headers: {}, body: '{"targets":["db-1"],"mailSent":false}' };
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    asked.push({ path: `${request.method} ${request.url}`, event: JSON.parse(body) });
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  for (const [name, value] of Object.entries({
    AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${port}`,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIDTEST',
    AWS_SECRET_ACCESS_KEY: 'only-for-tests',
  })) {
    vi.stubEnv(name, value);
  }
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const flagsOf = (...words: string[]) => readFlags(words)?.flags ?? {};

test('without flags it is a preview: the event says nothing, and the function sends only when told', async () => {
  expect(await invoke(flagsOf('--invoke', 'PgHunt-1'))).toBe(answer.body);
  expect(asked).toEqual([{ path: 'POST /2015-03-31/functions/PgHunt-1/invocations', event: {} }]);
});

test('a name that is empty, as of a variable that is not set, is a fault and asks nobody', async () => {
  await expect(invoke(flagsOf('--invoke', ''))).rejects.toBeInstanceOf(ConfigError);
  expect(asked).toEqual([]);
});

test('flags become the event', async () => {
  const words = [
    '--target',
    'a',
    '--target',
    'b',
    '--window',
    '1d',
    '--end',
    '2026-11-22T06:00:00Z',
    '--cadence',
    'weekly',
  ];
  await invoke(flagsOf('--invoke', 'f', ...words, '--to', 'ada@example.org', '--send', '--force', '--pin-baseline'));
  expect(asked[0]?.event).toEqual({
    targets: ['a', 'b'],
    window: '1d',
    end: '2026-11-22T06:00:00Z',
    cadence: 'weekly',
    recipients: ['ada@example.org'],
    send: true,
    force: true,
    pinBaseline: true,
  });
});

test('two weeks, a kept week to pin and the wish to unpin reach the function', async () => {
  await invoke(flagsOf('--invoke', 'f', '--compare', '2026-W40..2026-W47'));
  await invoke(flagsOf('--invoke', 'f', '--pin-baseline', '2026-W40', '--target', 'a'));
  await invoke(flagsOf('--invoke', 'f', '--unpin-baseline'));
  expect(asked.map(({ event }) => event)).toEqual([
    { compare: { from: '2026-W40', to: '2026-W47' } },
    { pinBaseline: '2026-W40', targets: ['a'] },
    { unpinBaseline: true },
  ]);
});

test('what the function itself decides is refused by the name of its flag', async () => {
  const flags = flagsOf('--invoke', 'f', '--prometheus', 'http://p', '--mail-from', 'a@example.org');
  await expect(invoke(flags)).rejects.toThrow(/--prometheus: has no place[\s\S]*--mail-from: has no place/);
  await expect(invoke(flags)).rejects.toBeInstanceOf(ConfigError);
  expect(asked).toEqual([]);
});

test('a function that failed says why, and is not asked again', async () => {
  answer = { status: 200, headers: { 'x-amz-function-error': 'Unhandled' }, body: '{"errorMessage":"no such key"}' };
  await expect(invoke(flagsOf('--invoke', 'f'))).rejects.toThrow(/^f failed: no such key$/);
  answer = { status: 500, headers: { 'x-amzn-errortype': 'ServiceException' }, body: '{}' };
  await expect(invoke(flagsOf('--invoke', 'f'))).rejects.toBeInstanceOf(InvokeError);
  expect(asked).toHaveLength(2);
});
