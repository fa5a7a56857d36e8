/** Config → the clients of the outside world. Only the entries (cli, functions, demo) call this. */
import { readFile } from 'node:fs/promises';
import type { Sources } from './collect/collect.ts';
import { createPostgres } from './collect/postgres/source.ts';
import { createPrometheus, type PrometheusOptions } from './collect/prometheus/client.ts';
import type { OwnMetrics } from './collect/prometheus/own.ts';
import { awsPlace, type Config, ConfigError } from './config.ts';
import { openMailbox } from './deliver/mail.ts';
import type { Mailbox, Objects } from './model/objects.ts';
import { type Revealed, revealed } from './secrets.ts';
import { openStore } from './store/open.ts';

export interface Clients {
  readonly store: Objects;
  readonly mailbox: Mailbox;
  readonly sources: Sources;
}

/** `secret` hears of each secret that was referred to, so that whoever logs can keep it. */
export async function openClients(config: Config, secret?: (value: string) => void): Promise<Clients> {
  const { prometheus, postgres } = await revealed(config, secret);
  return {
    store: await openStore(config.store),
    mailbox: await openMailbox(config.mail, config.configurationSet),
    sources: {
      ...(prometheus === undefined ? {} : { prometheus: createPrometheus(await prometheusOptions(prometheus)) }),
      ...(prometheus === undefined ? {} : { own: ownMetrics(prometheus) }),
      ...(postgres === undefined ? {} : { postgres: createPostgres(postgres) }),
      ...(config.cloudwatch === undefined ? {} : { cloudwatch: await openCloudWatch(config.cloudwatch) }),
    },
  };
}

/** Loaded when needed: another AWS client to start. */
async function openCloudWatch(settings: NonNullable<Config['cloudwatch']>) {
  const { createCloudWatch } = await import('./collect/cloudwatch/source.ts');
  return createCloudWatch(settings);
}

function ownMetrics({ measures, userExperience }: NonNullable<Revealed['prometheus']>): OwnMetrics {
  return { measures, userExperience };
}

async function prometheusOptions(prometheus: NonNullable<Revealed['prometheus']>): Promise<PrometheusOptions> {
  const { url, username, password, bearerToken, tenant, caFile, certFile, keyFile, allowLinkLocal } = prometheus;
  const region = prometheus.awsRegion ?? awsPlace(url).region;
  const ca = await pem('prometheus.caFile', caFile);
  const cert = await pem('prometheus.certFile', certFile);
  const key = await pem('prometheus.keyFile', keyFile);
  return {
    url,
    ...(username === undefined ? {} : { basic: { username, password: password ?? '' } }),
    ...(bearerToken === undefined ? {} : { bearer: bearerToken }),
    ...(region === null ? {} : { aws: { region } }),
    headers: { ...prometheus.headers, ...(tenant === undefined ? {} : { 'X-Scope-OrgID': tenant }) },
    ...(caFile === undefined && certFile === undefined ? {} : { tls: { ...ca, ...cert, ...key } }),
    ...(allowLinkLocal === undefined ? {} : { allowLinkLocal }),
  };
}

const pemNames = { 'prometheus.caFile': 'ca', 'prometheus.certFile': 'cert', 'prometheus.keyFile': 'key' } as const;

async function pem(setting: keyof typeof pemNames, file: string | undefined): Promise<{ [name: string]: string }> {
  if (file === undefined) return {};
  try {
    return { [pemNames[setting]]: await readFile(file, 'utf8') };
  } catch (error) {
    throw new ConfigError([
      `${setting}: ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
    ]);
  }
}
