import { expect, test, vi } from 'vitest';
import { createPrometheus } from '../../../lib/collect/prometheus/client.ts';
import { startFakePrometheus } from '../../support/fake-prometheus.ts';

const names: Record<string, readonly { readonly address: string; readonly family: number }[]> = {};
vi.mock('node:dns/promises', () => ({ lookup: async (host: string) => names[host] ?? [] }));

test.each([['169.254.169.254', 4] as const, ['fd00:ec2::254', 6] as const, ['::ffff:169.254.169.254', 6] as const])(
  'a name that stands for %s is not asked, unless that is wanted',
  async (address, family) => {
    names['innocent.example'] = [
      { address: '127.0.0.1', family: 4 },
      { address, family },
    ];
    const source = createPrometheus({ url: 'http://innocent.example:9090', retryMs: 1 });
    await expect(source.query('up', 1)).rejects.toMatchObject({
      fault: 'address',
      message: expect.stringMatching(/its address is link-local, where clouds keep the credentials/),
    });
  },
);

test('what a name stands for is looked up again for each connection', async () => {
  const fake = await startFakePrometheus({ series: [] });
  names['changing.example'] = [{ address: '127.0.0.1', family: 4 }];
  const source = createPrometheus({ url: fake.url.replace('127.0.0.1', 'changing.example'), retryMs: 1 });
  await expect(source.query('up', 1)).resolves.toMatchObject({ samples: [] });
  await fake.stop();
  names['changing.example'] = [{ address: '169.254.169.254', family: 4 }];
  await expect(source.query('up', 1)).rejects.toMatchObject({ fault: 'address' });
});
