import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readSettings, readStages, SettingsError } from '../../cdk/settings.ts';

const mail = { identity: 'example.com', from: 'pg-hunt@example.com', recipients: ['ada@example.org'] };
const least = { prometheus: { url: 'https://prometheus.example.com' }, mail };

test('the settings in cdk.json are good as they are', () => {
  const project = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'));
  expect(readSettings(project.context['pg-hunt']).schedule.timeZone).toBe('Europe/Berlin');
});

test('what is left out has a default', () => {
  expect(readSettings(least)).toMatchObject({
    window: '7d',
    targets: [],
    schedule: {
      weekly: 'cron(0 6 ? * MON *)',
      timeZone: 'UTC',
      flexibleMinutes: 15,
      verifyAfterHours: 5,
      enabled: true,
    },
    keep: { oldVersionsDays: 90, logsDays: 90 },
  });
});

test('all faults are named at once', () => {
  const faulty = {
    postgres: { url: 'mysql://db' },
    mail: { ...mail, from: 'nobody', recipients: [] },
    schedule: { timeZone: 'Mars/Olympus', weekly: 'weekly', quartely: 'x' },
    shedule: {},
  };
  let message = '';
  try {
    readSettings(faulty);
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    message = String(error);
  }
  for (const place of [
    'pg-hunt.postgres.url',
    'pg-hunt.mail.from',
    'pg-hunt.mail.recipients',
    'pg-hunt.schedule.timeZone',
    'pg-hunt.schedule.weekly',
    'pg-hunt.schedule.quartely: no such setting',
    'pg-hunt.shedule: no such setting',
  ]) {
    expect(message).toContain(place);
  }
});

test.each([
  [{ mail }, /no source/],
  [
    { ...least, mail: { ...mail, from: 'pg-hunt@elsewhere.net' } },
    /mail\.from: does not belong to the identity example\.com/,
  ],
  [{ ...least, mail: { ...mail, from: 'pg-hunt@notexample.com' } }, /does not belong/],
  [{ ...least, postgres: { url: 'postgres://u:secret@db/postgres' } }, /postgres\.url: has a password/],
  [{ ...least, config: { prometheus: { header: {} } } }, /pg-hunt\.config: prometheus\.header: no such setting/],
  [
    { ...least, config: { postgres: { url: 'x' }, window: 7 } },
    /postgres\.url.*\n.*window.*must be text|window.*must be text.*\n.*postgres\.url/,
  ],
  [{ ...least, config: { targets: ['x'.repeat(2_500)] } }, /is too long/],
  [{ ...least, window: 'a week' }, /window .*is no Prometheus duration/],
  [{ ...least, schedule: { weekly: false } }, /schedule: no cadence/],
  [
    { ...least, schedule: { weekly: 'cron(0 2 ? * MON *)', timeZone: 'Europe/Berlin' } },
    /weekly: is between 01:00 and 03:59/,
  ],
  [{ ...least, schedule: { monthly: 'cron(0 22 1 * ? *)' } }, /monthly: leaves no 5 hours of the same day/],
  [{ ...least, schedule: { weekly: 'cron(70 6 ? * MON *)' } }, /weekly: is no time of the day/],
  [{ ...least, schedule: { flexibleMinutes: 240, verifyAfterHours: 2 } }, /verifyAfterHours: is too soon/],
  [
    { ...least, postgres: { url: 'postgres://u@db.example.com/x', rdsIam: { resourceId: 'db-A' } } },
    /sslmode[\s\S]*no endpoint of RDS/,
  ],
  [undefined, /no context "pg-hunt"/],
])('%j is refused with the reason', (context, words) => {
  expect(() => readSettings(context)).toThrow(words);
  expect(() => readSettings(context)).not.toThrow(/secret@/);
});

test('clocks that never change allow any hour', () => {
  expect(readSettings({ ...least, schedule: { weekly: 'cron(0 2 ? * MON *)' } }).schedule.weekly).toMatch(/0 2/);
});

test('each stage lies over what they share, and the faults of all are named', () => {
  const stages = { dev: { schedule: { enabled: false } }, prod: { mail: { recipients: ['team@example.org'] } } };
  const read = readStages({ ...least, stages });
  expect(Object.keys(read)).toEqual(['PgHunt-dev', 'PgHunt-prod']);
  expect(read['PgHunt-dev']?.schedule).toMatchObject({ enabled: false, weekly: 'cron(0 6 ? * MON *)' });
  expect(read['PgHunt-prod']?.mail).toMatchObject({ ...mail, recipients: ['team@example.org'] });
  expect(Object.keys(readStages(least))).toEqual(['PgHunt']);
  const faulty = { dev: { windo: '7d' }, 'pr od': { mail: { from: 'x' } }, prod: 7 };
  expect(() => readStages({ ...least, stages: faulty })).toThrow(
    /stages\.dev\.windo: no such setting[\s\S]*stages\.pr od: is no name[\s\S]*stages\.pr od\.mail\.from[\s\S]*stages\.prod: is no object/,
  );
  expect(() => readStages({ ...least, stages: {} })).toThrow(/stages: is empty/);
});

test('the app ends with 2 and the faults, without a stack trace', () => {
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'cdk/app.ts'], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { ...process.env, CDK_CONTEXT_JSON: JSON.stringify({ 'pg-hunt': { mail: 'x' } }) },
    encoding: 'utf8',
  });
  expect(status).toBe(2);
  expect(stderr).toMatch(/^pg-hunt: the context in cdk\.json has faults:\n {2}- pg-hunt\.mail: /m);
  expect(stderr).not.toMatch(/\n {4}at /);
});
