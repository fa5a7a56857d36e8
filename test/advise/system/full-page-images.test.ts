import { describe, expect } from 'vitest';
import { fullPageImages } from '../../../lib/advise/system/full-page-images.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aServer, aSnapshot } from '../../support/rows.ts';

const GIB = 1024 ** 3;
const one = (
  walFullPageImages: number | undefined,
  walBytes: number,
  value: string | boolean = 'off',
  server: Parameters<typeof aServer>[0] = {},
) =>
  aSnapshot({
    server: aServer({
      walBytes,
      walFullPageImages,
      settings: { wal_compression: { value, source: 'default' } },
      ...server,
    }),
  });
/** 140 GiB of WAL in the week, half of it whole pages of 8 KiB. */
const HALF = (70 * GIB) / 8192;

describe('full-page-images', () => {
  testAdvisor(fullPageImages, {
    passes: [
      { name: 'less than half', snapshot: one(HALF - 1, 140 * GIB) },
      { name: 'little WAL', snapshot: one(HALF, 70 * GIB) },
      { name: 'compressed already', snapshot: one(HALF, 140 * GIB, 'pglz') },
    ],
    flags: [
      {
        name: 'half of 20 GiB a day',
        snapshot: one(HALF, 140 * GIB),
        expect: ([finding]) => expect(finding?.steps[0]?.sql).toBe("ALTER SYSTEM SET wal_compression = 'on';"),
      },
    ],
    blind: [
      { name: 'when whole pages are not counted', snapshot: one(undefined, 140 * GIB), why: /walFullPageImages|page/i },
      {
        name: 'when the setting was not seen',
        snapshot: aSnapshot({ server: aServer({ walFullPageImages: 1, settings: {} }) }),
        why: /wal_compression/,
      },
    ],
  });
});
