import { describe, expect } from 'vitest';
import { archiveFailures } from '../../../lib/advise/system/archive-failures.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aServer, aSnapshot, NOW_SECONDS } from '../../support/rows.ts';

const one = (server: Parameters<typeof aServer>[0]) =>
  aSnapshot({ server: aServer({ walArchiveFailures: 0, ...server }) });

describe('archive-failures', () => {
  testAdvisor(archiveFailures, {
    passes: [
      { name: 'no archiving, no failure', snapshot: one({}) },
      {
        name: 'a failure that a retry has mended',
        snapshot: one({
          walArchiveFailures: 3,
          lastArchiveFailureAt: NOW_SECONDS - 900,
          lastArchivedAt: NOW_SECONDS - 60,
        }),
      },
    ],
    flags: [
      {
        name: 'a last try that failed',
        snapshot: one({
          walArchiveFailures: 3,
          lastArchiveFailureAt: NOW_SECONDS - 60,
          lastArchivedAt: NOW_SECONDS - 900,
        }),
        expect: ([finding]) => expect(finding?.benefit).toMatchObject({ averts: 'outage' }),
      },
      {
        name: 'never archived at all',
        snapshot: one({ walArchiveFailures: 3, lastArchiveFailureAt: NOW_SECONDS - 60 }),
        expect: ([finding]) => expect(finding?.evidence[1]?.value).toBe('never'),
      },
    ],
    blind: [{ name: 'when the archiver was not seen', snapshot: aSnapshot(), why: /walArchiveFailures|archiv/i }],
  });
});
