/** All that a run depends on behind HTTP, each behind a gate; a scene is a store of its own with one week in it already. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { SESClient } from '@aws-sdk/client-ses';
import { afterAll, beforeAll, vi } from 'vitest';
import { createCloudWatch } from '../../lib/collect/cloudwatch/source.ts';
import { createPrometheus } from '../../lib/collect/prometheus/client.ts';
import { readConfig } from '../../lib/config.ts';
import { createSesMailbox } from '../../lib/deliver/ses.ts';
import { type HuntInput, type HuntResult, hunt } from '../../lib/hunt.ts';
import type { Objects } from '../../lib/model/objects.ts';
import type { Report } from '../../lib/model/report.ts';
import { revealed } from '../../lib/secrets.ts';
import { createFolder } from '../../lib/store/folder.ts';
import { createS3 } from '../../lib/store/s3.ts';
import { testCredentials } from '../support/aws-signature.ts';
import { startFakeCloudWatch } from '../support/fake-cloudwatch.ts';
import { type FakeSeries, startFakePrometheus } from '../support/fake-prometheus.ts';
import { type FakeS3, startFakeS3 } from '../support/fake-s3.ts';
import { startFakeSecrets } from '../support/fake-secrets.ts';
import { type FakeSes, startFakeSes } from '../support/fake-ses.ts';
import { shopSeries } from '../support/shop-series.ts';
import { type Gate, openGate } from './gate.ts';
import { comparable, expectNoWrongNumber, type Seen } from './judge.ts';

export const END = '2026-11-22T00:00:00.000Z';
export const EARLIER = '2026-11-15T00:00:00.000Z';
export const TARGET = 'shop-db-9187';
/** None of them may be in anything that is written, sent or said. */
export const SECRETS = ['canary-bearer-token', testCredentials.secretAccessKey, 'canary-password'];
const recipients = ['ada@example.org', 'bob@example.org'];
const services = ['prometheus', 's3', 'ses', 'secrets', 'cloudwatch'] as const;
type Service = (typeof services)[number];

/** How a run ended; `said` is what its progress told. */
export interface Ran {
  readonly result: HuntResult | null;
  readonly error: Error | null;
  readonly said: readonly string[];
}

export interface Sent {
  readonly to: string;
  readonly text: string;
}

/** What every case needs of its scene, whatever is broken in it. */
export interface Scene {
  /** Past every gate: what is really there. */
  readonly store: Objects;
  /** Of this scene alone. */
  readonly sent: () => Promise<readonly Sent[]>;
  /** `change`: of the input of a run that is otherwise as always. */
  readonly hunt: (change?: (input: HuntInput) => HuntInput) => Promise<Ran>;
  /** Puts back what the seed of the case left out. */
  readonly putBack: () => Promise<void>;
}

export interface HttpScene extends Scene {
  readonly gates: Readonly<Record<Service, Gate>>;
  /** So many milliseconds is the clock wrong that signs requests. */
  readonly skewMs: Record<'s3' | 'ses', number>;
}

export interface World<Scene> {
  /** Without what is different from run to run though nothing is wrong. */
  readonly comparable: (report: Report) => unknown;
  /** Throws where the faulty run has a number that the clean one has not, and no gap says why. */
  readonly compare: (clean: Seen, faulty: Seen) => void;
  /** `seed`: which objects of the week before are there. */
  readonly scene: (seed?: (key: string) => boolean) => Promise<Scene>;
}

/** The same shop for two weeks: the second twice as slow, so that there is something to tell. */
function twoWeeks(): readonly FakeSeries[] {
  const later = new Map(shopSeries(END).map(({ labels, points }) => [JSON.stringify(labels), points]));
  return shopSeries(EARLIER).map(({ labels, points }) => ({
    labels,
    points: [...points, ...(later.get(JSON.stringify(labels)) ?? [])],
  }));
}

function machine() {
  const points = [EARLIER, END].flatMap((end) =>
    Array.from({ length: 30 }, (_, at) => [Date.parse(end) / 1000 - 1_800 + at * 60, 60] as const),
  );
  return ['CPUUtilization', 'FreeableMemory', 'ReadIOPS', 'WriteIOPS'].map((name) => ({
    name,
    dimensions: { DBInstanceIdentifier: 'shop' },
    points,
  }));
}

/** The same clients as `openClients` makes, with less patience, so that a test of a slow service need not be slow. */
const PATIENCE_MS = 2_000;
/** Longer than that, whatever else the machine does. */
export const TOO_SLOW_MS = 3_000;

export function useHttpWorld(kind: 's3' | 'folder' = 's3'): World<HttpScene> {
  const stops: (() => Promise<unknown>)[] = [];
  const gates = {} as Record<Service, Gate>; // filled before the first test
  let s3: FakeS3;
  let ses: FakeSes;
  const folders: string[] = [];

  beforeAll(async () => {
    const prometheus = await startFakePrometheus({ series: twoWeeks() });
    const secrets = await startFakeSecrets({ 'team/prometheus': JSON.stringify({ token: SECRETS[0] }) });
    const cloudwatch = await startFakeCloudWatch({ metrics: machine() });
    s3 = await startFakeS3();
    ses = await startFakeSes();
    stops.push(prometheus.stop, secrets.stop, cloudwatch.stop, s3.close, ses.close);
    const upstream = {
      ...{ prometheus: prometheus.url, s3: s3.endpoint, ses: ses.endpoint },
      ...{ secrets: secrets.endpoint, cloudwatch: cloudwatch.endpoint },
    };
    for (const name of services) {
      gates[name] = await openGate(upstream[name]);
      stops.push(gates[name].stop);
    }
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', testCredentials.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', testCredentials.secretAccessKey);
    vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', gates.secrets.url);
    vi.stubEnv('AWS_ENDPOINT_URL_CLOUDWATCH', gates.cloudwatch.url);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await Promise.all(stops.map((stop) => stop()));
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  function open(): HttpScene {
    const prefix = randomUUID();
    const folder = kind === 's3' ? '' : mkdtempSync(join(tmpdir(), 'pg-hunt-faults-'));
    if (folder !== '') folders.push(folder);
    const before = ses.accepted.length;
    const bucketAt = (endpoint: string, skewMs = 0) =>
      createS3({
        bucket: s3.bucket,
        prefix,
        client: new S3Client({
          ...{ endpoint, systemClockOffset: skewMs, maxAttempts: 3 },
          requestHandler: { requestTimeout: PATIENCE_MS, throwOnRequestTimeout: true },
        }),
      });
    const scene: HttpScene = {
      gates,
      putBack: async () => {},
      skewMs: { s3: 0, ses: 0 },
      store: kind === 's3' ? bucketAt(s3.endpoint) : createFolder(folder),
      sent: () =>
        Promise.all(
          ses.accepted.slice(before).map(async ({ destinations, raw, parse }) => {
            const { subject, html, text } = await parse();
            return { to: destinations.join(), text: [raw, subject, html, text].join('\n') };
          }),
        ),
      async hunt(change = (input) => input) {
        const said: string[] = [];
        try {
          const input = await inputOf(said);
          return { result: await hunt(change(input)), error: null, said };
        } catch (error) {
          if (!(error instanceof Error)) throw error;
          return { result: null, error, said };
        }
      },
    };

    async function inputOf(said: string[]): Promise<HuntInput> {
      const config = readConfig({
        env: {},
        file: {
          prometheus: { url: gates.prometheus.url, bearerToken: { secretsManager: 'team/prometheus', field: 'token' } },
          cloudwatch: { instances: { [TARGET]: 'shop' } },
        },
        flags: {
          ...{ store: 's3://in-the-way', mail: 'ses', mailFrom: 'pg-hunt@example.com', recipients },
          ...{ window: '20m', end: END, cadence: 'weekly' },
        },
        now: END,
      });
      const { prometheus } = await revealed(config);
      const client = new SESClient({
        ...{ endpoint: gates.ses.url, systemClockOffset: scene.skewMs.ses, maxAttempts: 1 },
        requestHandler: { requestTimeout: PATIENCE_MS, throwOnRequestTimeout: true },
      });
      return {
        config,
        store: kind === 's3' ? bucketAt(gates.s3.url, scene.skewMs.s3) : createFolder(folder),
        mailbox: createSesMailbox({ client, configurationSet: 'hunt-mail', sleep: async () => {} }),
        sources: {
          prometheus: createPrometheus({
            ...{ url: gates.prometheus.url, bearer: prometheus?.bearerToken ?? '' },
            ...{ retryMs: 1, timeoutMs: PATIENCE_MS, deadlineMs: 20_000 },
          }),
          cloudwatch: createCloudWatch({ instances: { [TARGET]: 'shop' }, timeoutMs: PATIENCE_MS }),
        },
        now: END,
        runId: randomUUID(),
        progress: (step, detail) => said.push(`${step} ${detail ?? ''}`),
      };
    }
    return scene;
  }

  let seed: ReadonlyMap<string, Uint8Array> | null = null;
  return {
    comparable,
    compare: expectNoWrongNumber,
    async scene(wanted = () => true) {
      seed ??= await firstWeek(open());
      const all = [...seed];
      const scene = open();
      const fill = async (some: typeof all) => {
        for (const [key, body] of some) await scene.store.put(key, body, 'application/octet-stream');
      };
      await fill(all.filter(([key]) => wanted(key)));
      return { ...scene, putBack: () => fill(all.filter(([key]) => !wanted(key))) };
    },
  };
}

async function firstWeek(scene: HttpScene): Promise<ReadonlyMap<string, Uint8Array>> {
  const { error } = await scene.hunt((input) => ({
    ...input,
    config: { ...input.config, end: EARLIER, send: false },
    now: EARLIER,
  }));
  if (error !== null) throw error;
  return everything(scene.store);
}

export async function everything(store: Objects): Promise<ReadonlyMap<string, Uint8Array>> {
  const all = new Map<string, Uint8Array>();
  for (const key of await store.list('')) all.set(key, (await store.get(key)) ?? new Uint8Array());
  return all;
}
