import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openClients } from '../lib/clients.ts';
import { readConfig } from '../lib/config.ts';
import { startFakePrometheus, testTls } from './support/fake-prometheus.ts';

const folder = mkdtempSync(join(tmpdir(), 'pg-hunt-clients-'));
const now = '2026-11-22T15:00:00.000Z';
const configOf = (prometheus: Record<string, unknown>) =>
  readConfig({ env: {}, file: { prometheus, store: join(folder, 'out') }, now });

test('certificates are read from their files, headers and tenant go along', async () => {
  const { cert, key } = testTls('self-signed');
  for (const [name, text] of Object.entries({ cert, key })) writeFileSync(join(folder, `${name}.pem`), text);
  const fake = await startFakePrometheus({ series: [], tls: 'self-signed', clientCertificate: cert });
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const { sources } = await openClients(
    configOf({ url: fake.url, caFile: certFile, certFile, keyFile, tenant: 'team', headers: { 'X-Own': 'yes' } }),
  );
  await sources.prometheus?.query('up', 1);
  await fake.stop();
  expect(fake.requests[0]?.headers).toMatchObject({ 'x-scope-orgid': 'team', 'x-own': 'yes' });
});

test('a file that cannot be read is a fault of its setting', async () => {
  const config = configOf({ url: 'https://prometheus.example', caFile: join(folder, 'none.pem') });
  await expect(openClients(config)).rejects.toThrow(/prometheus\.caFile: .*none\.pem cannot be read \(ENOENT\)/);
});
