import { expect, test } from 'vitest';
import { createLog } from '../../functions/log.ts';

function open(env: Record<string, string>) {
  const lines: string[] = [];
  return { lines, log: createLog({ requestId: 'request-1', env, write: (line) => void lines.push(line) }) };
}

test('each message is one JSON line with the request it belongs to', () => {
  const { lines, log } = open({});
  log('info', 'judging\nshop', { targets: ['shop'] });
  expect(lines).toHaveLength(1);
  expect(lines[0]?.endsWith('\n')).toBe(true);
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    level: 'info',
    requestId: 'request-1',
    message: 'judging\nshop',
    targets: ['shop'],
  });
});

test('no secret of the environment comes through: messages, facts, errors, causes, passwords in URLs', () => {
  const { lines, log } = open({
    PG_HUNT_POSTGRES_PASSWORD: 'tops"ecret\\1',
    PG_HUNT_PROMETHEUS_BEARER_TOKEN: 'ey.token',
    PG_HUNT_PROMETHEUS_URL: 'https://hunter:url%2Dsecret@prometheus.example.com',
    PG_HUNT_PROMETHEUS_PASSWORD: '',
  });
  const all = 'tops"ecret\\1, ey.token, url%2Dsecret, url-secret';
  log('info', all, { facts: [all] });
  const cause = new Error(`cause ${all}`);
  const outward = log.failure(new TypeError(`failed ${all}`, { cause }));
  expect(outward.name).toBe('TypeError');
  expect(outward.message).toBe('failed ***, ***, ***, ***');
  expect(outward.cause).toBeUndefined();
  const printed = [...lines, outward.message, outward.stack ?? ''].join('\n');
  for (const secret of ['ecret', 'ey.token']) expect(printed).not.toContain(secret);
  expect(lines).toHaveLength(2);
});
