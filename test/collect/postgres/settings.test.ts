import { describe, expect, it } from 'vitest';
import { platformOf } from '../../../lib/collect/postgres/server.ts';
import { toSetting } from '../../../lib/collect/postgres/settings.ts';

describe('a setting', () => {
  it.each([
    ['16384', '8kB', 'integer', 134_217_728, 'bytes'],
    ['-1', '8kB', 'integer', -1, 'bytes'],
    ['4096', 'kB', 'integer', 4_194_304, 'bytes'],
    ['16', 'MB', 'integer', 16_777_216, 'bytes'],
    ['300', 's', 'integer', 300_000, 'ms'],
    ['5', 'min', 'integer', 300_000, 'ms'],
    ['200', 'ms', 'integer', 200, 'ms'],
    ['0.02', 'ms', 'real', 0.02, 'ms'],
    ['0.9', null, 'real', 0.9, undefined],
    ['on', null, 'bool', true, undefined],
    ['off', null, 'bool', false, undefined],
    ['replica', null, 'enum', 'replica', undefined],
  ])('%s %s becomes canonical', (setting, unit, vartype, value, canonical) => {
    const line = { name: 'x', setting, unit, vartype, source: 'default', pending_restart: false };
    expect(toSetting(line)).toEqual({
      value,
      source: 'default',
      ...(canonical === undefined ? {} : { unit: canonical }),
    });
  });

  it('says that a restart is pending', () => {
    const line = { name: 'x', setting: '1', unit: null, vartype: 'integer', source: 'configuration file' };
    expect(toSetting({ ...line, pending_restart: true })).toMatchObject({ pendingRestart: true });
  });
});

describe('the platform', () => {
  it.each([
    [true, 'rds_superuser', 'aurora'],
    [false, 'rds_superuser', 'rds'],
    [false, 'cloudsqlsuperuser', 'cloud-sql'],
    [false, 'azure_pg_admin', 'azure'],
    [false, null, 'self-managed'],
  ] as const)('with aurora_version() %s and role %s is %s', (aurora, marks, platform) => {
    expect(platformOf({ aurora, marks })).toBe(platform);
  });
});
