/** A server whose every name and statement was chosen by an attacker, hunted twice from the catalog to the mail. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type ParsedMail, simpleParser } from 'mailparser';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPostgres } from '../lib/collect/postgres/source.ts';
import { readConfig } from '../lib/config.ts';
import { createFolderMailbox } from '../lib/deliver/folder.ts';
import { type HuntInput, hunt } from '../lib/hunt.ts';
import type { Opportunity } from '../lib/model/opportunity.ts';
import type { Report } from '../lib/model/report.ts';
import { parseSnapshot } from '../lib/model/snapshot-file.ts';
import { createFolder } from '../lib/store/folder.ts';
import { terminalProgress } from '../lib/terminal.ts';
import { useEmbedded } from './support/embedded.ts';
import { bait, canaries, plant, SECRETS, secondWeek, statements } from './support/hostile-server.ts';
import { type Parsed, parsed } from './support/html.ts';

const CANARY = /canary|kanarienvogel/i;
const TURNS = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

const server = useEmbedded({ settings: { autovacuum_naptime: '1h', 'pg_stat_statements.track_utility': 'on' } });
const folder = mkdtempSync(join(tmpdir(), 'pg-hunt-hostile-'));
const progress: string[] = [];
const terminal = terminalProgress({ write: (text: string | Uint8Array) => progress.push(String(text)) > 0 });
let reports: Report[] = [];

/** By parameters: the names would not survive a URL in every driver. */
async function session<Answer>(database: string, work: (client: pg.Client) => Promise<Answer>): Promise<Answer> {
  const { hostname: host, port, password } = new URL(server.url());
  const client = new pg.Client({ host, port: Number(port), user: 'postgres', password, database });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function huntInto(store: string, sources: HuntInput['sources'], now: string) {
  const config = readConfig({
    env: { PG_HUNT_POSTGRES_URL: 'postgres://somewhere/else' },
    flags: { store, window: '5m', cadence: 'on-demand', archiveUrl: 'https://archive.example/hunts' },
    now,
  });
  const input = { config, store: createFolder(store), mailbox: createFolderMailbox(join(store, 'mail')), sources, now };
  const { report } = await hunt({ ...input, runId: now, progress: terminal.step });
  return report;
}

/** Role and password are secrets as well; both have what a URL must escape. */
function source() {
  const { port } = new URL(server.url());
  const user = encodeURIComponent(SECRETS.role);
  return {
    postgres: createPostgres({
      url: `postgres://${user}:${encodeURIComponent(SECRETS.password)}@127.0.0.1:${port}/${encodeURIComponent(bait.database)}`,
    }),
  };
}

const filesOf = (store: string) =>
  readdirSync(store, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

const textOf = (file: string) => {
  const bytes = readFileSync(file);
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
};

const hostile = join(folder, 'hostile');
const tame = join(folder, 'tame');

beforeAll(async () => {
  await plant(session);
  await session(bait.database, (client) => statements(client));
  reports = [await huntInto(hostile, source(), new Date().toISOString())];
  await session(bait.database, secondWeek);
  await session(bait.database, (client) => statements(client));
  reports.push(await huntInto(hostile, source(), new Date().toISOString()));
  const snapshots = filesOf(hostile).filter((file) => file.endsWith('snapshot.json.gz'));
  for (const file of snapshots) {
    const replay = parseSnapshot(bait.tamed(textOf(file)));
    await huntInto(tame, { replay }, replay.takenAt);
  }
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const last = () => reports[1]?.targets[0] ?? expect.fail('no report');
const found = (advisor: string): readonly Opportunity[] =>
  reports
    .flatMap(({ targets }) => targets)
    .flatMap(({ opportunities }) => opportunities.filter((one) => one.advisor === advisor));

describe('a hostile server', () => {
  it('is looked into completely, and gets advice on what was planted', () => {
    const { coverage, quality } = last();
    expect(coverage.filter(({ state }) => state === 'failed')).toEqual([]);
    expect(quality.blindDatabases).toEqual([]);
    for (const advisor of ['foreign-keys-without-index', 'duplicate-indexes', 'dead-rows', 'stale-statistics']) {
      expect(found(advisor).length, advisor).toBeGreaterThan(2);
    }
    expect(found('missing-indexes').length).toBeGreaterThan(0);
    expect(last().regressions.length).toBeGreaterThan(0);
    expect(last().progress.length).toBeGreaterThan(0);
    expect(new Set(found('dead-rows').map(({ subject }) => subject.database))).toEqual(new Set(bait.databases));
  });

  it('leaves no literal, no password and no comment anywhere', async () => {
    const files = filesOf(hostile);
    expect(files.map((file) => file.replace(/.*\./, '')).sort()).toEqual(
      expect.arrayContaining(['eml', 'gz', 'html', 'json', 'txt']),
    );
    for (const file of files) {
      expect(/.{0,200}(canary|kanarienvogel).{0,60}/i.exec(textOf(file))?.[0], file).toBeUndefined();
      expect(textOf(file).includes(SECRETS.password), file).toBe(false);
    }
    for (const { mail } of await mails(hostile)) expect(`${mail.html}${mail.text}${mail.subject}`).not.toMatch(CANARY);
    expect(progress.join('\n')).not.toMatch(CANARY);
    expect(await session(bait.database, canaries)).toBeGreaterThan(20); // they were there to be found
  });

  it('makes pages with exactly the elements that tame names make', async () => {
    const pages = (store: string) => filesOf(store).filter((file) => file.endsWith('.html'));
    expect(pages(hostile).map((file) => file.slice(hostile.length))).toEqual(
      pages(tame).map((file) => file.slice(tame.length)),
    );
    expect(pages(hostile).length).toBeGreaterThan(4);
    for (const [at, file] of pages(hostile).entries()) {
      const page = parsed(textOf(file));
      harmless(page, file);
      expect(page.counts, file).toEqual(parsed(textOf(pages(tame)[at] ?? '')).counts);
    }
  });

  it('sends mails with our headers only', async () => {
    const [ours, theirs] = [await mails(hostile), await mails(tame)];
    expect(ours.length).toBe(theirs.length);
    for (const [at, { mail, raw }] of ours.entries()) {
      expect([...mail.headers.keys()]).toEqual([...(theirs[at]?.mail.headers.keys() ?? [])]);
      expect(mail.subject).not.toMatch(/[\n\r\t]/);
      expect(`${mail.subject}${mail.text}`).not.toMatch(TURNS);
      expect(`${mail.subject}${mail.text}`).not.toMatch(CONTROL);
      expect(mail.attachments).toEqual([]);
      expect(raw.split('\r\n').every((line) => line.length <= 998)).toBe(true);
      const page = parsed(String(mail.html));
      harmless(page, 'mail');
      expect(page.counts).toEqual(parsed(String(theirs[at]?.mail.html)).counts);
    }
  });

  it('is plain text on the terminal', () => {
    expect(progress.join('')).not.toMatch(CONTROL);
    expect(progress.join('')).not.toMatch(TURNS);
  });

  it('shows DDL that a reader can copy from the page as it is', () => {
    const file =
      filesOf(hostile)
        .filter((name) => /reports\/.*W.*\/index\.html$/.test(name))
        .at(-1) ?? '';
    const shown = new Set(
      parsed(textOf(file))
        .elements.filter(({ tagName }) => tagName === 'pre')
        .map(contents),
    );
    const steps = last().opportunities.flatMap(({ steps: all }) => all.flatMap(({ sql }) => sql ?? []));
    expect(steps.length).toBeGreaterThan(20);
    expect(steps.filter((sql) => !shown.has(sql))).toEqual([]);
    const rollbacks = last().opportunities.flatMap(({ risk }) =>
      risk.rollback.length > 0 ? risk.rollback.join('\n') : [],
    );
    expect(rollbacks.filter((sql) => !shown.has(sql))).toEqual([]);
    // What runs is what is seen: nothing a screen hides, folds or turns around.
    const unseen = /(?! )[\p{C}\p{Z}]|^ | $|"[^"]* {2}[^"]*"/u;
    expect([...steps, ...rollbacks.flatMap((sql) => sql.split('\n'))].filter((sql) => unseen.test(sql))).toEqual([]);
  });

  it('runs all of that DDL and takes it back, and nothing else has changed', async () => {
    const todo = last().opportunities.filter(({ steps }) => steps.some(({ sql }) => sql !== undefined));
    for (const { subject, steps, risk, title } of todo) {
      const database = subject.database ?? bait.database;
      await session(database, async (client) => {
        const before = await catalog(client);
        const run = async (sql: string) => {
          const answer: unknown = await client
            .query(sql)
            .catch((error: Error) => expect.fail(`${title}\n${sql}\n${error.message}`));
          expect(Array.isArray(answer), `${sql} is several statements`).toBe(false);
        };
        for (const { sql } of steps) if (sql !== undefined && !sql.startsWith('EXPLAIN')) await run(sql);
        const changes = steps.some(({ sql = '' }) => /^(CREATE|DROP|ALTER|REINDEX)/.test(sql));
        const after = await catalog(client);
        if (changes) expect(after, title).not.toEqual(before);
        for (const sql of risk.rollback) await run(sql);
        expect(await catalog(client), title).toEqual(before);
      });
    }
    expect(existsSync('/tmp/pg-hunt-was-here')).toBe(false);
  });

  it('changed nothing by looking', async () => {
    await session(bait.database, async (client) => {
      const { rows } = await client.query(
        "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'pg-hunt'",
      );
      expect(rows[0].n).toBe(0);
      expect((await client.query('SELECT count(*)::int AS n FROM x')).rows[0].n).toBe(1);
    });
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

function contents(element: Parsed['elements'][number]): string {
  const text = (node: unknown): string => {
    if (typeof node !== 'object' || node === null) return '';
    if ('value' in node && typeof node.value === 'string') return node.value;
    return 'childNodes' in node && Array.isArray(node.childNodes) ? node.childNodes.map(text).join('') : '';
  };
  return text(element);
}

function harmless({ elements, counts, text }: Parsed, file: string): void {
  for (const tag of ['script', 'img', 'iframe', 'object', 'embed', 'form', 'base']) {
    expect(counts[tag] ?? 0, `${file} ${tag}`).toBe(0);
  }
  // Of what a browser would fetch, the feed beside the page and nothing else.
  const links = elements.filter(({ tagName }) => tagName === 'link').map(({ attrs }) => attrs);
  const feed = { rel: 'alternate', type: 'application/atom+xml', title: 'Feed', href: 'feed.xml' };
  for (const link of links) {
    expect(Object.fromEntries(link.map(({ name, value }) => [name, value])), file).toEqual(feed);
  }
  const attributes = elements.flatMap(({ attrs }) => attrs);
  expect(
    attributes.filter(({ name }) => /^on/.test(name)),
    file,
  ).toEqual([]);
  const addresses = attributes.filter(({ name }) => ['href', 'src', 'action', 'background'].includes(name));
  expect(
    addresses.filter(({ value }) => /^\s*(javascript|data|vbscript):/i.test(value)),
    file,
  ).toEqual([]);
  const outward = addresses.filter(
    ({ value }) => /^[a-z]+:|^\/\//i.test(value) && !value.startsWith('https://archive.example/'),
  );
  expect(outward, file).toEqual([]);
  expect(TURNS.exec(text)?.[0], file).toBeUndefined();
  expect(CONTROL.exec(text)?.[0], file).toBeUndefined();
}

async function mails(store: string): Promise<readonly { readonly mail: ParsedMail; readonly raw: string }[]> {
  const files = filesOf(store).filter((file) => file.endsWith('.eml'));
  return Promise.all(files.map(async (file) => ({ mail: await simpleParser(readFileSync(file)), raw: textOf(file) })));
}

/** All that DDL could have changed in this database and in what all databases share. */
async function catalog(client: pg.Client): Promise<unknown> {
  const { rows } = await client.query(`SELECT
    (SELECT json_agg(t ORDER BY t::text) FROM (SELECT relnamespace::regnamespace::text, relname, relkind, relowner, relpersistence,
      (SELECT json_agg(o ORDER BY o) FROM unnest(reloptions) o) AS options,
      CASE WHEN relkind = 'i' THEN pg_get_indexdef(c.oid) END AS definition, i.indisvalid
      FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid WHERE relnamespace::regnamespace::text <> 'pg_toast' AND c.oid >= 16384) t) AS relations,
    (SELECT json_agg(t ORDER BY t::text) FROM (SELECT conname, conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE oid >= 16384) t) AS constraints,
    (SELECT json_agg(t ORDER BY t::text) FROM (SELECT rolname, rolsuper, rolcanlogin, rolcreatedb FROM pg_roles) t) AS roles,
    (SELECT json_agg(datname ORDER BY datname) FROM pg_database) AS databases,
    (SELECT json_agg(t ORDER BY t::text) FROM (SELECT name, setting FROM pg_file_settings) t) AS settings,
    (SELECT json_agg(t ORDER BY t::text) FROM (SELECT * FROM pg_db_role_setting) t) AS defaults`);
  return rows[0];
}
