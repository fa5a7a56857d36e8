import { describe, expect } from 'vitest';
import { sharedBuffersSize } from '../../../lib/advise/system/shared-buffers-size.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aDatabase, aHost, aServer, aSnapshot, aStatement } from '../../support/rows.ts';

const GIB = 1024 ** 3;
const buffers = (value: number) => ({
  shared_buffers: { value, unit: 'bytes' as const, source: 'configuration file' },
});
const one = (value: number, readMs: number | undefined, server: Parameters<typeof aServer>[0] = {}) =>
  aSnapshot({
    server: aServer({ settings: buffers(value), ...server }),
    hosts: [aHost({ memoryBytes: 32 * GIB })],
    databases: [aDatabase({ sizeBytes: 100 * GIB })],
    statements: [aStatement({ totalTimeMs: 36_000_000, blockReadTimeMs: readMs })],
  });

describe('shared-buffers-size', () => {
  testAdvisor(sharedBuffersSize, {
    passes: [
      { name: 'an eighth of the memory while reads cost nothing (trap 93)', snapshot: one(GIB, 1_000) },
      {
        name: 'small, with reads never timed: said, not held against it (trap 57)',
        snapshot: one(GIB, undefined),
        expect: ({ caveats }) => expect(caveats.join()).toContain('track_io_timing'),
      },
      { name: 'a quarter', snapshot: one(8 * GIB, 10_000_000) },
      { name: 'Aurora sizes it itself (trap 87)', snapshot: one(24 * GIB, 0, { platform: 'aurora' }) },
    ],
    flags: [
      {
        name: 'small, and reads take a fifth of the time',
        snapshot: one(GIB, 7_200_000),
        expect: ([finding]) => {
          expect(finding?.steps[0]?.sql).toBe("ALTER SYSTEM SET shared_buffers = '8192MB';");
          expect(finding?.maintenanceWindow).toContain('restart');
        },
      },
      {
        name: 'more than half of the memory',
        snapshot: one(17 * GIB, 0),
        expect: ([finding]) => expect(finding?.title).toContain('Lower'),
      },
    ],
    blind: [
      {
        name: 'without the memory of the machine (trap 85)',
        snapshot: { ...one(GIB, 1), hosts: [aHost({ memoryBytes: undefined })] },
        why: /memoryBytes|memory/,
      },
      {
        name: 'without the setting',
        snapshot: { ...one(GIB, 1), server: aServer({ settings: {} }) },
        why: /shared_buffers/,
      },
      {
        name: 'with several machines',
        snapshot: { ...one(GIB, 1), hosts: [aHost(), aHost({ host: 'db2' })] },
        why: /machines/,
      },
    ],
  });
});
