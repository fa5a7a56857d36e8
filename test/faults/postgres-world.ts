/** A real server behind a gate of bytes, read by a run that has nothing else; the store is a folder. */
import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { afterAll, beforeAll, expect } from 'vitest';
import { createPostgres } from '../../lib/collect/postgres/source.ts';
import { readConfig } from '../../lib/config.ts';
import { openMailbox } from '../../lib/deliver/mail.ts';
import { type HuntInput, hunt } from '../../lib/hunt.ts';
import type { Report } from '../../lib/model/report.ts';
import { createFolder } from '../../lib/store/folder.ts';
import { type Embedded, useEmbedded } from '../support/embedded.ts';
import { expectNothingFine, type Seen } from './judge.ts';
import type { Ran, Scene, World } from './world.ts';

export type ByteFault =
  | { readonly kind: 'refused' | 'silent' | 'garbage' }
  /** From so many bytes of the server on, in all connections together; `instead`: in place of cutting. */
  | { readonly kind: 'after'; readonly bytes: number; readonly instead?: () => Promise<unknown> };

export interface PostgresScene extends Scene {
  readonly server: Embedded;
  readonly set: (fault: ByteFault | null) => Promise<void>;
  readonly hits: () => number;
  /** `role`: who asks. */
  role: { user: string; password: string };
}

const HUNTER = { user: 'hunter', password: 'canary-password' };
const first = new Date(Math.floor(Date.now() / 1000) * 1000);
const second = new Date(first.getTime() + 60_000);

async function byteGate(upstream: () => number) {
  let fault: ByteFault | null = null;
  let [hits, passed, port] = [0, 0, 0];
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
    if (fault?.kind === 'garbage') {
      hits += 1;
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
      return;
    }
    if (fault?.kind === 'silent') {
      hits += 1;
      return;
    }
    const onward = connect(upstream(), '127.0.0.1');
    onward.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy()).pipe(onward);
    onward.on('data', (chunk) => {
      passed += chunk.length;
      if (fault?.kind !== 'after' || passed < fault.bytes) return void socket.write(chunk);
      hits += 1;
      if (fault.instead === undefined) {
        socket.write(chunk.subarray(0, chunk.length / 2), () => socket.destroy());
        return;
      }
      const { instead } = fault;
      fault = null;
      instead().then(() => socket.write(chunk));
    });
  });
  const listen = () => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of open) socket.destroy();
    });
  await listen();
  const address = server.address();
  port = address !== null && typeof address === 'object' ? address.port : 0;
  return {
    port,
    hits: () => hits,
    set: async (next: ByteFault | null) => {
      if (!server.listening) await listen();
      [fault, hits, passed] = [next, 0, 0];
      if (next?.kind === 'refused') await close();
    },
    stop: async () => {
      if (server.listening) await close();
    },
  };
}

/** What does not change while nobody works in the database. */
function comparable({ targets, failures }: Report): unknown {
  const [target] = targets;
  const keys = target?.opportunities.map(({ key }) => key).sort();
  const states = target?.coverage.map(({ advisor, state }) => `${advisor} ${state}`).sort();
  return { target: target?.target, keys, states, failures };
}

function compare(clean: Seen, faulty: Seen): void {
  expectNothingFine(clean, faulty);
  const shape = ({ snapshot }: Seen) =>
    new Map<string, unknown>([
      ...snapshot.tables.map((row) => [`${row.database} ${row.table}`, row.heapBytes] as const),
      ...snapshot.indexes.map((row) => [`${row.database} ${row.index}`, [row.sizeBytes, row.keys]] as const),
    ]);
  const known = shape(clean);
  for (const [name, value] of shape(faulty)) expect(known.get(name), name).toEqual(value);
  if (shape(faulty).size < known.size) expect(faulty.snapshot.gaps).not.toEqual([]);
  for (const { remedy } of faulty.snapshot.gaps) expect(remedy).toMatch(/\.$/);
}

export function usePostgresWorld(): World<PostgresScene> {
  const server = useEmbedded();
  const folders: string[] = [];
  let gate: Awaited<ReturnType<typeof byteGate>>;
  beforeAll(async () => {
    gate = await byteGate(() => server.port);
    await server.run(server.url(), `CREATE ROLE hunter LOGIN PASSWORD '${HUNTER.password}' IN ROLE pg_monitor`);
    await server.database(
      'shop',
      'CREATE TABLE orders (id int PRIMARY KEY, customer int) WITH (autovacuum_enabled = off)',
      'INSERT INTO orders SELECT n, n % 100 FROM generate_series(1, 20000) n',
      'CREATE INDEX one ON orders (customer)',
      'CREATE INDEX twin ON orders (customer)',
      'GRANT SELECT ON orders TO hunter',
      'ANALYZE orders',
    );
  });
  afterAll(async () => {
    await gate?.stop();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  function open(seed: string | null): PostgresScene & { readonly folder: string } {
    const folder = mkdtempSync(join(tmpdir(), 'pg-hunt-faults-'));
    folders.push(folder);
    if (seed !== null) cpSync(seed, folder, { recursive: true });
    const scene: PostgresScene & { readonly folder: string } = {
      ...{ folder, server, set: gate.set, hits: gate.hits, role: { ...HUNTER } },
      store: createFolder(folder),
      putBack: async () => {},
      sent: async () => {
        const mails = existsSync(join(folder, 'mail')) ? readdirSync(join(folder, 'mail')) : [];
        const all = await Promise.all(
          mails.map(async (name) => {
            const raw = readFileSync(join(folder, 'mail', name), 'utf8');
            const { subject, html, text } = await simpleParser(raw);
            const body = [raw, subject, html, text].join('\n');
            return ['ada', 'bob'].filter((to) => raw.includes(to)).map((to) => ({ to, text: body }));
          }),
        );
        return all.flat();
      },
      hunt: async (change = (input) => input): Promise<Ran> => {
        const said: string[] = [];
        try {
          return { result: await hunt(change(await inputOf(scene, said))), error: null, said };
        } catch (error) {
          if (!(error instanceof Error)) throw error;
          return { result: null, error, said };
        }
      },
    };
    return scene;
  }

  async function inputOf(
    { folder, role, store }: PostgresScene & { folder: string },
    said: string[],
  ): Promise<HuntInput> {
    const url = `postgres://${role.user}:${role.password}@127.0.0.1:${gate.port}/shop`;
    const flags = { store: folder, window: '5m', end: second.toISOString(), cadence: 'weekly' };
    const mail = { mailFrom: 'hunt@example.com', recipients: ['ada@example.org', 'bob@example.org'] };
    const now = second.toISOString();
    const config = readConfig({
      env: {},
      file: { postgres: { url: url.replace(/:[^:@]*@/, '@') } },
      flags: { ...flags, ...mail },
      now,
    });
    return {
      ...{ config, store, mailbox: await openMailbox(config.mail), now, runId: randomUUID() },
      sources: { postgres: createPostgres({ url, connectTimeoutMs: 3_000, statementTimeoutMs: 5_000 }) },
      progress: (step, detail) => said.push(`${step} ${detail ?? ''}`),
    };
  }

  let seed: string | null = null;
  return {
    comparable,
    compare,
    async scene() {
      if (seed === null) {
        const scene = open(null);
        const end = first.toISOString();
        const { error } = await scene.hunt((input) => ({
          ...input,
          config: { ...input.config, end, send: false },
          now: end,
        }));
        if (error !== null) throw error;
        seed = scene.folder;
      }
      return open(seed);
    },
  };
}
