/** The catalog path on each supported version of PostgreSQL, live: same findings, honest gaps, DDL that runs, no writes. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { advise } from '../../lib/advise/advise.ts';
import { type Cluster, startCluster } from '../../lib/demo/cluster.ts';
import { type Report, reportSchema } from '../../lib/model/report.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { parseSnapshot } from '../../lib/model/snapshot-file.ts';
import { FORMS, forms, PRINTED } from './forms.ts';
import { root, runHunt } from './support.ts';
import { postgresOf } from './tools.ts';
import { buildTrapShop, LISTS, LOOKUPS, planted, plantedLater, runLoad } from './trap-shop.ts';
import { ask, catalog, sent, writes } from './witness.ts';

type Target = Report['targets'][number];

const SUPPORTED = [13, 14, 15, 16, 17, 18];
const folder = mkdtempSync(join(tmpdir(), 'pg-hunt-versions-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** 18 is installed with us. */
const isThere = (major: number) => major === 18 || postgresOf(major) !== null;
const skip = (major: number) => !isThere(major) && process.env.CI === undefined;

async function start(major: number, onLog?: (text: string) => void): Promise<Cluster> {
  const programs = postgresOf(major);
  expect(isThere(major), `PostgreSQL ${major} is there`).toBe(true);
  return startCluster({
    settings: { autovacuum: 'off', log_line_prefix: '%a|', shared_buffers: '128MB' },
    ...(programs === null ? {} : { programs }),
    ...(onLog === undefined ? {} : { onLog }),
  });
}

/** What does not depend on how fast this machine is just now. */
const TIMED = new Set(['top-time-statements', 'slow-and-frequent-statements', 'cache-misses', 'requested-checkpoints']);
const stable = ({ opportunities }: Target) =>
  opportunities
    .filter(({ advisor }) => !TIMED.has(advisor))
    .map(({ key, title }) => `${key} ${title.replaceAll(/-?\d[\d.,]*/g, 'n')}`)
    .sort();

function expectPlanted({ opportunities }: Target, all: typeof planted): void {
  for (const [advisor, subject] of all) {
    const found = opportunities.filter((one) => one.advisor === advisor).map((one) => one.subject);
    expect(found, advisor).toContainEqual(expect.objectContaining(subject));
  }
  // The traps are a dozen indexes on one table that was just filled: that they are many is true, and no trap.
  const trapped = opportunities.filter(
    ({ advisor, subject }) => subject.schema === 'traps' && advisor !== 'many-indexes',
  );
  expect(trapped.map(({ advisor, subject }) => [advisor, subject.index ?? subject.table])).toEqual([
    ['duplicate-indexes', 'replicated_also'],
  ]);
}

const seen = new Map<number, readonly string[]>();
const gapsSeen = new Map<number, readonly string[]>();
/** By the first version that counts them. */
const COUNTED: readonly (readonly [since: number, kind: string, measures: string])[] = [
  [14, 'server', 'walBytes walRecords walFullPageImages walBuffersFull walWrites walSyncs walWriteMs walSyncMs'],
  [14, 'server', 'statementEvictions statementStatsResetAt'],
  [14, 'database', 'activeTimeMs sessions sessionTimeMs idleInTransactionTimeMs'],
  [14, 'database', 'sessionsAbandoned sessionsFatal sessionsKilled'],
  [15, 'statement', 'tempBlockReadTimeMs tempBlockWriteTimeMs jitFunctions jitGenerationTimeMs jitInlinings'],
  [15, 'statement', 'jitInliningTimeMs jitOptimizations jitOptimizationTimeMs jitEmissions jitEmissionTimeMs'],
  [16, 'table', 'rowsUpdatedToNewPage lastSequentialScanAt lastIndexScanAt'],
  [16, 'index', 'lastScanAt'],
  [17, 'server', 'restartpointsTimed restartpointsRequested restartpointsDone'],
  [17, 'statement', 'localBlockReadTimeMs localBlockWriteTimeMs jitDeforms jitDeformTimeMs'],
  [18, 'server', 'checkpointsDone'],
  [18, 'database', 'parallelWorkersWanted parallelWorkersLaunched'],
  [18, 'table', 'allFrozenPages vacuumTimeMs autovacuumTimeMs analyzeTimeMs autoanalyzeTimeMs'],
  [18, 'statement', 'walBuffersFull parallelWorkersWanted parallelWorkersLaunched'],
];
const lackingIn = (major: number) =>
  COUNTED.filter(([since]) => major < since)
    .flatMap(([, kind, measures]) => measures.split(' ').map((measure) => `${kind}.${measure}`))
    .sort();

describe.each(SUPPORTED.map((major) => [major] as const))('PostgreSQL %d', (major) => {
  describe.skipIf(skip(major))('read from its catalog', () => {
    let cluster: Cluster;
    let log = '';
    let url = '';
    const as = (role: string) => url.replace(/\/\/[^@]*@/, `//${role}:secret@`);
    const store = join(folder, String(major));

    beforeAll(async () => {
      cluster = await start(major, (text) => {
        log += text;
      });
      await ask(
        cluster.url(),
        'CREATE DATABASE shop',
        'CREATE DATABASE closed',
        'REVOKE CONNECT ON DATABASE closed FROM public',
      );
      url = cluster.url('shop');
      await buildTrapShop(url, major);
      const readme = /```sql\n(CREATE ROLE[^`]*)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] ?? '';
      const role = readme.replace('…', 'secret');
      const tables = ['public', '"Läden"', 'traps'].map(
        (name) => `GRANT SELECT ON ALL TABLES IN SCHEMA ${name} TO pghunt`,
      );
      await ask(
        url,
        role,
        // The same without the right to read tables.
        role.replaceAll('pghunt', 'watcher'),
        ...(major >= 14 ? ['GRANT pg_read_all_data TO pghunt'] : tables),
        ...['pghunt', 'watcher'].map((name) => `ALTER ROLE ${name} SET log_statement = 'all'`),
      );
    });
    afterAll(() => cluster?.stop());

    async function huntAs(role: string, into: string): Promise<{ target: Target; snapshot: Snapshot }> {
      const before = await writes(url);
      const ran = await runHunt(
        '--postgres',
        as(role),
        '--target',
        `pg${major}`,
        '--window',
        '1h',
        '--store',
        into,
        '--json',
      );
      expect(ran.code, ran.stderr).toBe(0);
      expect(await writes(url), 'a transaction id was taken').toBe(before);
      const [target] = reportSchema.parse(JSON.parse(ran.stdout)).targets;
      const reports = join(into, 'reports', `pg${major}`);
      const [week = ''] = readdirSync(reports).filter((name) => /^\d{4}-W\d{2}$/.test(name));
      const packed = readFileSync(join(reports, week, 'snapshot.json.gz'));
      return { target: target as Target, snapshot: parseSnapshot(gunzipSync(packed).toString()) };
    }

    it('finds what was planted in the first run, and leaves the traps alone', async () => {
      await runLoad(url, 1);
      const { target, snapshot } = await huntAs('pghunt', store);
      expect(Math.floor((snapshot.server.versionNum ?? 0) / 10_000)).toBe(major);
      expect(snapshot.spans.statement?.basis).toBe('statistics-reset');
      expect(target.coverage.filter(({ state }) => state === 'failed')).toEqual([]);
      expectPlanted(target, planted);
    });

    it('counts exactly what ran since the first run in the second', async () => {
      await runLoad(url, 2);
      const { target, snapshot } = await huntAs('pghunt', store);
      for (const kind of ['server', 'database', 'table', 'index', 'statement'] as const) {
        expect([kind, snapshot.spans[kind]?.basis]).toEqual([kind, 'previous-run']);
      }
      const calls = (part: string) =>
        snapshot.statements.filter(({ text }) => text?.includes(part)).map((row) => row.calls);
      expect(calls('SELECT email')).toEqual([LOOKUPS]);
      // One identity for all lengths of the list, however many queryids the version makes of them.
      expect(calls('product_id IN')).toEqual([LISTS.length]);
      const stock = snapshot.tables.find(({ table }) => table === 'stock');
      expect(stock).toMatchObject({ rowsUpdated: 30_000, sequentialScans: 21 });
      expect(snapshot.tables.find(({ table }) => table === 'customers')).toMatchObject({ rowsDeleted: 20 });
      expect(target.coverage.filter(({ state }) => state === 'failed')).toEqual([]);
      expectPlanted(target, plantedLater);
      seen.set(major, stable(target));
    });

    it('has gaps only for what this version lacks, each with a reason', async () => {
      const { target } = await huntAs('pghunt', store);
      const { gaps } = target.quality;
      for (const { reason, remedy } of gaps)
        expect([reason, remedy]).toEqual([expect.stringMatching(/\.$/), expect.stringMatching(/\.$/)]);
      const lacking = gaps
        .filter(({ absence }) => absence === 'unsupported')
        .flatMap(({ kind, measures }) => measures.map((measure) => `${kind}.${measure}`));
      expect(lacking.sort()).toEqual(lackingIn(major));
      const others = gaps.filter(({ absence }) => absence !== 'unsupported');
      gapsSeen.set(major, others.map(({ kind, measures, reason }) => `${kind} ${measures.join()} ${reason}`).sort());
    });

    it('works with pg_monitor alone and says what that cannot see', async () => {
      const { target, snapshot } = await huntAs('watcher', `${store}-watcher`);
      expect(target.coverage.filter(({ state }) => state === 'failed')).toEqual([]);
      expect(target.opportunities.map(({ advisor }) => advisor)).toContain('duplicate-indexes');
      expect(snapshot.statements.some(({ text }) => text?.includes('SELECT email'))).toBe(true);
      const remedies = target.quality.gaps.filter(({ absence }) => absence === 'no-right').map(({ remedy }) => remedy);
      expect(remedies.join('\n')).toMatch(
        major >= 14 ? /GRANT pg_read_all_data TO "watcher"/ : /GRANT SELECT ON ALL TABLES/,
      );
    });

    it('sent nothing but reads, each in a transaction that is read-only', () => {
      const statements = sent(log);
      expect(statements.length).toBeGreaterThan(100);
      const kinds = new Set(statements.map((text) => text.replace('/* pg-hunt */ ', '').slice(0, 15)));
      const reads = /^(BEGIN READ ONLY|SELECT |WITH |COMMIT|ROLLBACK|SAVEPOINT|EXPLAIN|PREPARE pg_hunt|DEALLOCATE)/;
      expect([...kinds].filter((kind) => !reads.test(kind))).toEqual([]);
      // EXPLAIN without ANALYZE plans and executes nothing.
      expect(statements.filter((text) => /^EXPLAIN\b[^)]*\bANALYZE\b/i.test(text))).toEqual([]);
      const begun = statements.filter((text) => text.startsWith('BEGIN')).length;
      const ended = statements.filter((text) => /^(COMMIT|ROLLBACK$)/.test(text)).length;
      expect(ended).toBe(begun);
    });

    it('prints DDL that runs as printed, and that its rollback undoes', async () => {
      const { target } = await huntAs('pghunt', `${store}-ddl`);
      const before = await catalog(url);
      // The advice for a unique index that failed to build: remove the duplicates first.
      await ask(url, 'UPDATE prices SET price = product_id');
      let run = 0;
      for (const { key, steps, risk } of target.opportunities) {
        for (const { sql, inTransaction } of steps) {
          if (sql === undefined) continue;
          run += 1;
          const about = `${key}: ${sql}`;
          if (inTransaction === true) await expect(ask(url, 'BEGIN', sql, 'ROLLBACK'), about).resolves.toBeDefined();
          await expect(ask(url, sql), about).resolves.toBeDefined();
        }
        for (const sql of risk.rollback) await expect(ask(url, sql), `${key}: ${sql}`).resolves.toBeDefined();
      }
      expect(run).toBeGreaterThanOrEqual(15);
      await sleep(500); // a reload reaches new sessions a moment later
      expect(await catalog(url)).toEqual(before);
    });

    it('takes every form of index, statistics and storage that is printed, and gives it back', async () => {
      await ask(cluster.url(), 'CREATE DATABASE forms');
      const own = cluster.url('forms');
      await ask(own, ...FORMS);
      const before = await catalog(own);
      const outcomes = await advise(forms);
      const findings = outcomes.flatMap((outcome) => (outcome.state === 'found' ? outcome.findings : []));
      const ddl = findings.flatMap(({ steps }) =>
        steps.flatMap(({ sql = '' }) => (/^(CREATE|ALTER|DROP)/.test(sql) ? sql : [])),
      );
      for (const form of PRINTED) expect(ddl, String(form)).toContainEqual(expect.stringMatching(form));
      for (const { key, steps, risk } of findings) {
        for (const { sql } of steps) {
          if (sql !== undefined && !sql.includes('pg_stat_statements'))
            await expect(ask(own, sql), `${key}: ${sql}`).resolves.toBeDefined();
        }
        const built = await catalog(own);
        if (steps.some(({ sql = '' }) => ddl.includes(sql))) expect(built, key).not.toEqual(before);
        for (const sql of risk.rollback) await expect(ask(own, sql), `${key}: ${sql}`).resolves.toBeDefined();
      }
      // The extension stays, as others may use it by then.
      await ask(own, 'DROP EXTENSION pg_trgm');
      expect(await catalog(own)).toEqual(before);
    });
  });
});

describe('all versions', () => {
  const first = () => [...seen.keys()][0] ?? 0;

  it('have the same findings', () => {
    expect(seen.size).toBe(SUPPORTED.filter((major) => !skip(major)).length);
    for (const [major, findings] of seen) expect({ major, findings }).toEqual({ major, findings: seen.get(first()) });
  });

  it('have the same gaps beside what a version lacks', () => {
    for (const [major, gaps] of gapsSeen) expect({ major, gaps }).toEqual({ major, gaps: gapsSeen.get(first()) });
  });
});

describe.skipIf(skip(12))('PostgreSQL 12', () => {
  it('is refused by its version, with what to do instead', async () => {
    const cluster = await start(12);
    try {
      const store = join(folder, '12');
      const ran = await runHunt('--postgres', cluster.url(), '--store', store);
      expect(ran.code).toBe(1);
      expect(ran.stderr).toMatch(
        /is version 12\.\d+; pg-hunt reads 13 and later\. Upgrade the server, or hunt it through Prometheus/,
      );
      expect(ran.stderr).not.toMatch(/\n\s+at /);
    } finally {
      await cluster.stop();
    }
  });
});
