import { expect, test } from 'vitest';
import {
  platformOf,
  reservedConnections,
  roleOf,
  settingOf,
  versionOf,
} from '../../../lib/collect/prometheus/settings.ts';

test.each([
  ['pg_settings_work_mem_bytes', 4_194_304, 'work_mem', { value: 4_194_304, unit: 'bytes' }],
  ['pg_settings_checkpoint_timeout_seconds', 300, 'checkpoint_timeout', { value: 300_000, unit: 'ms' }],
  ['pg_settings_autovacuum_vacuum_cost_delay_seconds', 0.002, 'autovacuum_vacuum_cost_delay', { value: 2, unit: 'ms' }],
  ['pg_settings_log_min_duration_statement_seconds', -1, 'log_min_duration_statement', { value: -1, unit: 'ms' }],
  ['pg_settings_autovacuum_work_mem_bytes', -1, 'autovacuum_work_mem', { value: -1, unit: 'bytes' }],
  ['pg_settings_autovacuum_vacuum_scale_factor', 0.2, 'autovacuum_vacuum_scale_factor', { value: 0.2 }],
  ['pg_settings_pg_stat_statements_max', 5_000, 'pg_stat_statements.max', { value: 5_000 }],
  ['pg_settings_track_io_timing', 0, 'track_io_timing', { value: false }],
  ['pg_settings_enable_seqscan', 1, 'enable_seqscan', { value: true }],
])('%s = %s is %s', (metric, value, name, setting) => {
  expect(settingOf(metric, value)).toEqual([name, setting]);
});

test('a metric that is no setting is none', () => {
  expect(settingOf('pg_up', 1)).toBeNull();
});

test('versions of both numbering schemes', () => {
  expect(versionOf({ version: 'PostgreSQL 15.20', short_version: '15.20.0' })).toEqual({
    versionText: 'PostgreSQL 15.20',
    versionNum: 150_020,
  });
  expect(versionOf({ short_version: '9.6.24' })).toEqual({ versionNum: 90_624 });
  expect(versionOf({ version: 'odd' })).toEqual({ versionText: 'odd' });
});

test('a platform shows by its settings; without them it is unknown, not self-managed', () => {
  expect(platformOf({ 'rds.extensions': { value: 1 } })).toBe('rds');
  expect(platformOf({ 'rds.extensions': { value: 1 }, apg_ccm_enabled: { value: 1 } })).toBe('aurora');
  expect(platformOf({ work_mem: { value: 1 } })).toBeUndefined();
});

test('the role comes from the replication collector, else from in_hot_standby, else is unknown', () => {
  expect(roleOf(1, { in_hot_standby: { value: false } })).toBe('standby');
  expect(roleOf(null, { in_hot_standby: { value: true } })).toBe('standby');
  expect(roleOf(null, {})).toBeUndefined();
});

test('reserved connections add up, and are unknown without the older of the two settings', () => {
  expect(
    reservedConnections({ superuser_reserved_connections: { value: 3 }, reserved_connections: { value: 2 } }),
  ).toBe(5);
  expect(reservedConnections({ superuser_reserved_connections: { value: 3 } })).toBe(3);
  expect(reservedConnections({})).toBeNull();
});
