/**
 * Settings, memory, I/O and connections: a small server as it really is, and the same with counters, a machine and a
 * platform that no test can have. Metrics of an hour come through a fake Prometheus.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { DatabaseRow, HostRow, ServerRow, StatementRow } from '../../lib/model/rows.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { useEmbedded } from '../support/embedded.ts';
import { aServerOf, drawn, line, scrapedOne } from './metrics.ts';
import { caveats, findings, focused, type Judged, judged, look, outcome, printed } from './scene.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const HOUR = 3600;
const server = useEmbedded({
  preload: ['pg_stat_statements'],
  settings: {
    autovacuum: 'off',
    jit: 'off',
    max_connections: '33',
    shared_buffers: '16MB',
    max_wal_size: '64MB',
    checkpoint_timeout: '15min',
    log_temp_files: '-1',
    work_mem: '64kB',
  },
});

let url: string;
let other: string;
let seen: Snapshot;

beforeAll(async () => {
  url = await server.database(
    'traps',
    'CREATE EXTENSION pg_stat_statements',
    `CREATE TABLE big AS SELECT n AS id, n % 9 AS kind, md5(n::text) || repeat('x', 800) AS pad FROM generate_series(1, 14000) n`,
    'CREATE INDEX big_kind ON big (kind)',
    'ANALYZE',
  );
  other = await server.database('other');
  const before = await look(url);
  const sorted = 'SELECT id, pad FROM big ORDER BY pad OFFSET 13999';
  await server.run(
    url,
    sorted,
    sorted,
    sorted,
    'SELECT count(DISTINCT pad) FROM big',
    'SELECT id FROM big WHERE id = 7',
  );
  seen = await look(url, before);
});

interface Doctored {
  readonly server?: Partial<ServerRow>;
  readonly database?: Partial<DatabaseRow>;
  readonly statement?: Partial<StatementRow>;
  readonly host?: Partial<HostRow> | null;
  readonly settings?: ServerRow['settings'];
}

/** A day of this server; on a machine of 64 GiB unless told otherwise. */
function doctored(
  { server: row = {}, database = {}, statement = {}, host = {}, settings = {} }: Doctored,
  from = seen,
): Snapshot {
  const start = new Date(Date.parse(from.takenAt) - 24 * HOUR * 1000).toISOString();
  const span = { start, end: from.takenAt, source: 'postgres', basis: 'previous-run' } as const;
  const one = focused(from, /ORDER BY pad/, statement);
  return {
    ...one,
    server: { ...one.server, ...row, settings: { ...one.server.settings, ...settings } },
    databases: one.databases.flatMap((each) => (each.database === 'traps' ? [{ ...each, ...database }] : [])),
    hosts: host === null ? [] : [{ host: 'db1', memoryBytes: 64 * GIB, diskFreeBytes: 500 * GIB, ...host }],
    spans: { server: span, database: span, table: span, index: span, statement: span, host: span },
  };
}

/** Half of the blocks come from the disk, which takes a third of the time. */
const COLD: Doctored = {
  database: { blocksRead: 50_000_000, blocksHit: 50_000_000, sizeBytes: 300 * GIB },
  statement: {
    calls: 100_000,
    totalTimeMs: 30_000_000,
    blockReadTimeMs: 10_000_000,
    sharedBlocksRead: 50_000_000,
    tempBlocksWritten: 0,
  },
};
/** WAL forces a checkpoint every two minutes. */
const FORCED: Doctored = { server: { checkpointsTimed: 1, checkpointsRequested: 700, walBytes: 100 * GIB } };
const EVERYTHING: Doctored = {
  ...COLD,
  server: { ...FORCED.server, idleInTransactionSeconds: 4000, statementEvictions: 500, walFullPageImages: 10_000_000 },
};

const sql = (one: Judged) => printed(one.plan.opportunities);
const altered = (one: Judged) =>
  sql(one).flatMap((text) => /^ALTER (?:SYSTEM|ROLE|DATABASE)\b.*\bSET (\S+)/.exec(text)?.[1] ?? []);
const texts = (one: Judged) => one.plan.opportunities.flatMap(({ steps }) => steps.map(({ text }) => text)).join('\n');

/** Sessions that are connected and do nothing. */
async function idle(counts: readonly (readonly [string, number])[], during: () => Promise<void>): Promise<void> {
  const sessions = await Promise.all(
    counts.flatMap(([address, count]) => Array.from({ length: count }, () => server.session(address))),
  );
  try {
    await during();
  } finally {
    await Promise.all(sessions.map((session) => session.end()));
  }
}

describe('settings, memory, I/O and connections', () => {
  it('trap 84: every setting is in bytes or milliseconds, whatever unit PostgreSQL counts it in', async () => {
    const lines = await server.run(
      url,
      `SELECT name, CASE WHEN unit ~ 'B$' AND setting::float8 >= 0 THEN pg_size_bytes(current_setting(name))
        WHEN unit ~ '^(us|ms|s|min)$' AND setting::float8 >= 0 AND current_setting(name) <> '0'
        THEN extract(epoch FROM current_setting(name)::interval) * 1000 ELSE setting::float8 END::float8 AS value
      FROM pg_settings WHERE vartype IN ('integer', 'real') AND unit IS NOT NULL AND unit <> 'us'
        AND name !~ '^(statement|lock|transaction|idle_in_transaction_session|idle_session)_timeout$'`,
    );
    const known = lines.filter(({ name }) => seen.server.settings[String(name)] !== undefined);
    expect(known.length).toBeGreaterThan(60);
    for (const { name, value } of known)
      expect([name, seen.server.settings[String(name)]?.value]).toEqual([name, value]);
    expect(seen.server.settings.shared_buffers).toMatchObject({ value: 16 * MIB, unit: 'bytes' });
    expect(seen.server.settings.max_wal_size).toMatchObject({ value: 64 * MIB, unit: 'bytes' });
    expect(seen.server.settings.checkpoint_timeout).toMatchObject({ value: 900_000, unit: 'ms' });
    expect(seen.server.settings.log_temp_files?.value).toBe(-1);
    const [finding] = findings(await judged(doctored(COLD)), 'shared-buffers-size');
    expect(finding?.evidence.find(({ label }) => label === 'shared_buffers')?.value).toBe(16 * MIB);
  });

  it('trap 85: no size of memory without knowing the machine’s', async () => {
    const sizes = /shared_buffers|effective_cache_size|work_mem|huge_pages/;
    const blindly = await judged(doctored({ ...COLD, host: null }));
    expect(outcome(blindly, 'shared-buffers-size').state).toBe('blind');
    expect(findings(blindly, 'cache-misses')).toHaveLength(1);
    expect(sql(blindly).filter((text) => /^ALTER/.test(text) && sizes.test(text))).toEqual([]);
    const known = await judged(doctored(COLD));
    expect(sql(known)).toContain("ALTER SYSTEM SET shared_buffers = '16384MB';");
  });

  it('trap 86: more work_mem is for one statement, never for every sort of every session', async () => {
    expect(seen.server.settings.work_mem?.value).toBe(64 * 1024);
    const one = await judged(focused(seen, /ORDER BY pad/));
    const [finding] = findings(one, 'sorts-that-spill');
    expect(finding?.steps.flatMap(({ sql: text }) => text ?? [])).toEqual([
      expect.stringMatching(/^SET LOCAL work_mem = '\d+MB';$/),
    ]);
    expect(finding?.approach).toContain('not for the whole server');
    expect(finding?.risk.technical).toContain('Each sort and hash node of each parallel worker');
    expect(altered(one)).not.toContain('work_mem');
  });

  it('trap 87: on a managed service no ALTER SYSTEM is printed, and Aurora is no PostgreSQL with disks', async () => {
    expect(seen.server.platform).toBe('self-managed');
    expect(altered(await judged(doctored(EVERYTHING))).length).toBeGreaterThan(3);
    await server.run(url, 'CREATE ROLE rds_superuser');
    const rds = await look(url);
    await server.run(url, 'DROP ROLE rds_superuser');
    expect(rds.server.platform).toBe('rds');
    const there = await judged(doctored({ ...EVERYTHING, server: { ...EVERYTHING.server, platform: 'rds' } }));
    expect(sql(there).join()).not.toContain('ALTER SYSTEM');
    expect(there.plan.opportunities.flatMap(({ risk }) => risk.rollback).join()).not.toContain('ALTER SYSTEM');
    expect(texts(there)).toMatch(
      /In the DB parameter group, set shared_buffers to \d+MB and restart in a maintenance window/,
    );

    const aurora = await server.database(
      'aurora',
      "CREATE FUNCTION aurora_version() RETURNS text LANGUAGE sql AS $$ SELECT '16.1' $$",
    );
    expect((await look(aurora)).server.platform).toBe('aurora');
    const fleet = await judged(doctored({ ...EVERYTHING, server: { ...EVERYTHING.server, platform: 'aurora' } }));
    expect(outcome(fleet, 'requested-checkpoints').state).toBe('blind');
    expect(findings(fleet, 'shared-buffers-size')).toEqual([]);
    expect(sql(fleet).join()).not.toContain('ALTER SYSTEM');
  });

  it('trap 88: what takes a restart says so, and what does not does not', async () => {
    const one = await judged(doctored(EVERYTHING));
    const contexts = await server.run(url, "SELECT name FROM pg_settings WHERE context = 'postmaster'");
    const restarts = new Set(contexts.map(({ name }) => name));
    const told = one.plan.opportunities.flatMap(({ steps, maintenanceWindow, risk }) =>
      printed([{ steps } as never]).flatMap((text) => {
        const name = /^ALTER SYSTEM SET (\S+)/.exec(text)?.[1];
        const step = steps.some((each) => /^Restart the server/.test(each.text));
        return name === undefined
          ? []
          : [{ name, step, window: /restart/.test(maintenanceWindow), risk: /restart/i.test(JSON.stringify(risk)) }];
      }),
    );
    for (const { name, ...says } of told) {
      const restart = restarts.has(name);
      expect({ name, ...says }).toEqual({ name, step: restart, window: restart, risk: restart || says.risk });
    }
    expect(told.filter(({ name }) => restarts.has(name)).length).toBeGreaterThanOrEqual(2);
    expect(told.filter(({ name }) => !restarts.has(name)).length).toBeGreaterThanOrEqual(2);
  });

  it('trap 89: a value that waits for a restart, or is the session’s own, is not the server’s', async () => {
    await server.run(url, "ALTER SYSTEM SET shared_buffers = '8GB'", 'SELECT pg_reload_conf()');
    await server.run(url, "ALTER DATABASE traps SET idle_in_transaction_session_timeout = '7s'");
    let waiting = await look(url);
    while (waiting.server.settings.shared_buffers?.pendingRestart !== true) waiting = await look(url);
    const elsewhere = await look(other);
    await server.run(
      url,
      'ALTER SYSTEM RESET shared_buffers',
      'ALTER DATABASE traps RESET idle_in_transaction_session_timeout',
    );
    await server.run(url, 'SELECT pg_reload_conf()');
    expect(waiting.server.settings.shared_buffers?.value).toBe(16 * MIB);

    const settings = { shared_buffers: waiting.server.settings.shared_buffers ?? { value: 0 } };
    const one = await judged(doctored({ ...COLD, settings }));
    expect(findings(one, 'settings-pending-restart').map(({ title }) => title)).toEqual([
      'Restart the server to apply shared_buffers',
    ]);
    expect(altered(one)).not.toContain('shared_buffers');
    expect(caveats(one, 'shared-buffers-size')).toContain('waits for a restart');
    expect(altered(await judged(doctored(COLD)))).toContain('shared_buffers');

    const TIMEOUT = 'idle_in_transaction_session_timeout';
    const timeout = async (snapshot: Snapshot) => {
      const row = { ...snapshot, server: { ...snapshot.server, idleInTransactionSeconds: 4000 } };
      const [finding] = findings(await judged(row), 'idle-in-transaction');
      return finding?.evidence.find(({ label }) => label === TIMEOUT)?.value;
    };
    expect(waiting.server.settings[TIMEOUT]).toMatchObject({ source: 'database' });
    expect(await timeout(waiting)).toBe('not seen');
    expect(await timeout(elsewhere)).toBe('off');
  });

  it('trap 90: counters are found where this version keeps them, and are not zero where they are not', async () => {
    const first = await look(url);
    await server.run(url, 'CHECKPOINT', 'CHECKPOINT');
    const second = await look(url, first);
    expect(second.server.checkpointsRequested).toBeGreaterThanOrEqual(1);
    const scrape = (version: number, name: string) =>
      scrapedOne(
        ...aServerOf(),
        line('pg_settings_server_version_num', {}, version),
        line(`pg_stat_${name}_timed_total`, {}, 0, 12),
        line(`pg_stat_${name}_req_total`.replace('num_req_', 'num_requested_'), {}, 0, 30),
      );
    const older = await scrape(150_000, 'bgwriter_checkpoints');
    const newer = await scrape(170_000, 'checkpointer_num');
    for (const { server: row } of [older, newer]) {
      expect(row.checkpointsTimed).toBeCloseTo(11.8, 0);
      expect(row.checkpointsRequested).toBeCloseTo(29.5, 0);
    }
    const without = await scrape(170_000, 'something_else');
    expect(without.server.checkpointsRequested).toBeUndefined();
    expect(outcome(await judged(without), 'requested-checkpoints').state).toBe('blind');
    expect(outcome(await judged(newer), 'requested-checkpoints').state).toBe('found');
  });

  it('trap 91: a bad ratio of few blocks', async () => {
    const few = await judged(doctored({ ...COLD, database: { blocksRead: 4_000, blocksHit: 4_000 } }));
    expect(findings(few, 'cache-misses')).toEqual([]);
    expect(caveats(few, 'cache-misses')).toContain('8,000 blocks were accessed, too few for a verdict');
    expect(
      findings(
        await judged(doctored({ ...COLD, database: { blocksRead: 40_000, blocksHit: 40_000 } })),
        'cache-misses',
      ),
    ).toHaveLength(1);
  });

  it('trap 92: the ratio of a lifetime is not judged', async () => {
    const first = await look(url);
    expect(first.spans.database?.basis).toBe('statistics-reset');
    const since = (days: number): Snapshot => {
      const start = new Date(Date.parse(first.takenAt) - days * 24 * HOUR * 1000).toISOString();
      const one = doctored({ ...COLD, database: { blocksRead: 9e9, blocksHit: 9e9 } }, first);
      return {
        ...one,
        spans: { ...one.spans, database: { start, end: first.takenAt, source: 'postgres', basis: 'statistics-reset' } },
      };
    };
    expect(outcome(await judged(since(60)), 'cache-misses')).toMatchObject({
      state: 'blind',
      why: expect.stringContaining('Run again'),
    });
    expect(outcome(await judged(since(7)), 'cache-misses').state).toBe('found');
  });

  it('trap 93: reads that take no time come from the operating system, and more memory is no advice', async () => {
    expect(seen.server.settings.track_io_timing?.value).toBe(true);
    for (const row of seen.statements) expect(row.blockReadTimeMs).toBeGreaterThanOrEqual(0);
    const quick = await judged(doctored({ ...COLD, statement: { ...COLD.statement, blockReadTimeMs: 300_000 } }));
    expect([...findings(quick, 'cache-misses'), ...findings(quick, 'shared-buffers-size')]).toEqual([]);
    expect(caveats(quick, 'cache-misses')).toContain('the operating system');
    const slow = await judged(doctored(COLD));
    expect(findings(slow, 'cache-misses')).toHaveLength(1);
    expect(findings(slow, 'shared-buffers-size')).toHaveLength(1);
  });

  it('trap 94: where scans and dumps fill the cache, memory is not the cure', async () => {
    const reading = (scans: number): Snapshot => {
      const one = doctored(COLD);
      const tables = one.tables.map((row) =>
        row.table === 'big'
          ? {
              ...row,
              heapBlocksRead: 40_000_000,
              heapBlocksHit: 1_000_000,
              sequentialScans: scans,
              sequentialRowsRead: scans * (row.liveRows ?? 0),
            }
          : row,
      );
      return { ...one, tables };
    };
    const [row] = seen.tables.filter(({ table }) => table === 'big');
    const scans = 40_000_000 / ((row?.heapBytes ?? 1) / 8192);
    const [dumped] = findings(await judged(reading(scans)), 'cache-misses');
    expect(dumped?.approach).toContain('Whole-table scans explain most of the accesses to public.big');
    expect(dumped?.steps.map(({ sql: text }) => text).join()).not.toContain('ALTER SYSTEM');
    const [random] = findings(await judged(reading(0)), 'cache-misses');
    expect(random?.steps.map(({ sql: text }) => text).join()).toContain('ALTER SYSTEM SET shared_buffers');
  });

  it('trap 95: an index that misses the cache is not one that nobody uses', async () => {
    const index = (changes: object): Snapshot => {
      const one = doctored(COLD);
      return {
        ...one,
        quality: { ...one.quality, statisticsAgeSeconds: 60 * 24 * HOUR },
        indexes: one.indexes.map((row) =>
          row.index === 'big_kind' ? { ...row, sizeBytes: 90 * MIB, ...changes } : row,
        ),
      };
    };
    const used = index({ blocksRead: 9_000_000, blocksHit: 10, scans: 5_000, scansSinceReset: 5_000 });
    expect(findings(await judged(used), 'unused-indexes')).toEqual([]);
    const unread = await judged(index({ blocksRead: 0, blocksHit: 10_000_000, scans: 0, scansSinceReset: 0 }));
    expect(findings(unread, 'unused-indexes').map(({ subject }) => subject.index)).toEqual(['big_kind']);
    expect(JSON.stringify(findings(unread, 'cache-misses'))).not.toContain('big_kind');
  });

  it('trap 96: temporary files of one report change nothing for the others', async () => {
    expect(seen.databases.find(({ database }) => database === 'traps')?.tempBytes).toBeGreaterThan(30 * MIB);
    const once = seen.statements.find(({ text = '' }) => text.includes('DISTINCT pad'));
    expect(once).toMatchObject({ calls: 1 });
    expect((once?.tempBlocksWritten ?? 0) * 8192).toBeGreaterThan(10 * MIB);
    const report = await judged(focused(seen, /DISTINCT pad/));
    expect(findings(report, 'sorts-that-spill')).toEqual([]);
    const all = await judged(seen);
    expect(findings(all, 'sorts-that-spill').map(({ title }) => title)).toEqual([
      expect.stringContaining('SELECT on big'),
    ]);
    for (const one of [report, all]) expect(altered(one).filter((name) => /mem|temp/.test(name))).toEqual([]);
  });

  it('trap 97: idle connections far from the limit are a pool at rest', async () => {
    await idle([[url, 12]], async () => {
      const resting = await look(url);
      expect(resting.server.idleSessions).toBeGreaterThanOrEqual(12);
      const one = await judged(resting);
      expect(findings(one, 'connection-peaks')).toEqual([]);
      expect(findings(one, 'idle-in-transaction')).toEqual([]);
    });
    await idle([[url, 25]], async () => {
      expect(findings(await judged(await look(url)), 'connection-peaks')).toHaveLength(1);
    });
  });

  it('trap 98: a peak of many times a small average is no trouble far from the limit', async () => {
    const peaking = (average: number, peak: number) =>
      scrapedOne(
        line('pg_settings_max_connections', {}, 100),
        drawn('pg_stat_database_numbackends', { datname: 'shop' }, (share) =>
          share > 0.5 && share < 0.6 ? peak : average,
        ),
      );
    const small = await peaking(2, 40);
    expect(small.server.connectionsPeak).toBe(40);
    expect(findings(await judged(small), 'connection-peaks')).toEqual([]);
    const [near] = findings(await judged(await peaking(25, 95)), 'connection-peaks');
    expect(near?.approach).toContain('The peak is far above the average');
    const [even] = findings(await judged(await peaking(88, 95)), 'connection-peaks');
    expect(even?.approach).not.toContain('far above');
    const [few] = findings(await judged(await peaking(10, 95)), 'connection-peaks');
    expect(few?.approach).not.toContain('far above');
  });

  it('trap 99: sessions of all databases against what is left when the reserved are taken off', async () => {
    await idle(
      [
        [url, 13],
        [other, 11],
      ],
      async () => {
        const both = await look(url);
        // 24 of 33 are 73 %, of 30 they are 80 %; neither database has half of them alone.
        expect(both.server).toMatchObject({ connectionsPeak: 24, maxConnections: 33, reservedConnections: 3 });
        expect(findings(await judged(both), 'connection-peaks')).toHaveLength(1);
        const free = { ...both, server: { ...both.server, reservedConnections: 0 } };
        expect(findings(await judged(free), 'connection-peaks')).toEqual([]);
      },
    );
  });

  it('trap 100: behind a pooler the server does not see who waits', async () => {
    for (const connections of [20, 90]) {
      const one = await judged(await scrapedOne(...aServerOf(undefined, connections)));
      expect(outcome(one, 'connection-peaks').state).toBe(connections === 20 ? 'clear' : 'found');
      expect(caveats(one, 'connection-peaks')).toContain('clients that wait in its queue are not counted');
    }
  });

  it('trap 101: the average of a histogram is no age', async () => {
    const state = { application_name: 'app', state: 'idle in transaction', datname: 'shop' };
    const histogram = [
      line('pg_process_idle_seconds_sum', state, 90_000),
      line('pg_process_idle_seconds_count', state, 10),
      ...['60', '300', '+Inf'].map((le, at) =>
        line('pg_process_idle_seconds_bucket', { ...state, le }, [2, 5, 10][at] ?? 0),
      ),
    ];
    const averaged = await scrapedOne(...aServerOf(), ...histogram);
    expect(averaged.server.idleInTransactionSeconds).toBeUndefined();
    expect(outcome(await judged(averaged), 'idle-in-transaction').state).toBe('blind');
    const oldest = line('pg_stat_activity_max_tx_duration', { ...state, usename: 'app' }, 4_000);
    const [finding] = findings(
      await judged(await scrapedOne(...aServerOf(), ...histogram, oldest)),
      'idle-in-transaction',
    );
    expect(finding?.evidence[0]).toMatchObject({ label: 'Oldest idle transaction', value: 4_000 });
  });
});
