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

test('nor do the secrets that others set, in any spelling a library would print', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const { lines, log } = open({
    PGPASSWORD: 'libpq secret',
    AWS_SECRET_ACCESS_KEY: 'aws/secret+key',
    AWS_SESSION_TOKEN: 'session-token==',
    PG_HUNT_PROMETHEUS_USERNAME: 'hunter',
    PG_HUNT_PROMETHEUS_PASSWORD: 'p@ss wörd',
    PG_HUNT_PROMETHEUS_URL: 'https://only-a-token@prometheus.example.com/?token=in-query&step=5m',
    PG_HUNT_POSTGRES_URL: 'postgres://hunter:100%@db.example.com/app?password=as-parameter&sslmode=require',
  });
  const secrets = [
    'libpq secret',
    'aws/secret+key',
    'aws%2Fsecret%2Bkey',
    'session-token==',
    'p%40ss%20w%C3%B6rd',
    base64('hunter:p@ss wörd'),
    base64('hunter:100%'),
    'only-a-token',
    'in-query',
    'as-parameter',
    '100%',
  ];
  log('info', secrets.join(' | '));
  expect(JSON.parse(lines[0] ?? '').message.split(' | ')).toEqual(secrets.map(() => '***'));
  log('info', 'hunter at db.example.com, step 5m, sslmode require');
  expect(lines[1]).toContain('hunter at db.example.com, step 5m, sslmode require');
});

test('nor do those of the whole document, and those fetched during the run', () => {
  const { lines, log } = open({
    PG_HUNT_CONFIG: JSON.stringify({
      prometheus: { url: 'https://hunter:in-the-url@prometheus.example.com', bearerToken: 'in-the-document' },
      postgres: { url: 'postgres://hunter@db/app', password: 'a "password"' },
    }),
  });
  log.hide('fetched/secret');
  log('info', 'in-the-url | in-the-document | a "password" | fetched/secret | fetched%2Fsecret');
  expect(JSON.parse(lines[0] ?? '').message).toBe('*** | *** | *** | *** | ***');
  expect(() => open({ PG_HUNT_CONFIG: '{' })).not.toThrow();
});
