/** Config → the clients of the outside world. Only the entries (cli, functions, demo) call this. */
import type { Sources } from './collect/collect.ts';
import { createPostgres } from './collect/postgres/source.ts';
import { createPrometheus, type PrometheusOptions } from './collect/prometheus/client.ts';
import type { Config } from './config.ts';
import { openMailbox } from './deliver/mail.ts';
import type { Mailbox, Objects } from './model/objects.ts';
import { openStore } from './store/open.ts';

export interface Clients {
  readonly store: Objects;
  readonly mailbox: Mailbox;
  readonly sources: Sources;
}

export async function openClients(config: Config): Promise<Clients> {
  const { prometheus, postgres } = config;
  return {
    store: await openStore(config.store),
    mailbox: await openMailbox(config.mail, config.configurationSet),
    sources: {
      ...(prometheus === undefined ? {} : { prometheus: createPrometheus(prometheusOptions(prometheus)) }),
      ...(postgres === undefined ? {} : { postgres: createPostgres(postgres) }),
    },
  };
}

function prometheusOptions({
  url,
  username,
  password,
  bearerToken,
  tenant,
}: NonNullable<Config['prometheus']>): PrometheusOptions {
  return {
    url,
    ...(username === undefined ? {} : { basic: { username, password: password ?? '' } }),
    ...(bearerToken === undefined ? {} : { bearer: bearerToken }),
    ...(tenant === undefined ? {} : { headers: { 'X-Scope-OrgID': tenant } }),
  };
}
