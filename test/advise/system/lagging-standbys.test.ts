import { describe, expect } from 'vitest';
import { laggingStandbys } from '../../../lib/advise/system/lagging-standbys.ts';
import type { Replica } from '../../../lib/model/server-facts.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aServer, aSnapshot } from '../../support/rows.ts';

const GIB = 1024 ** 3;
const far: Replica = {
  ...{ name: 'standby1', standby: true, state: 'streaming', syncState: 'async' },
  ...{ sentLagBytes: 0, flushLagBytes: 1000, replayLagBytes: 5 * GIB, replayLagSeconds: 900 },
};
const seen = (replicas: readonly Replica[] | undefined) => aSnapshot({ server: aServer({ replicas }) });

describe('lagging-standbys', () => {
  testAdvisor(laggingStandbys, {
    passes: [
      { name: 'no standby at all', snapshot: seen([]) },
      {
        name: 'hours of lag on an idle primary, and no bytes (trap 105)',
        snapshot: seen([{ ...far, replayLagBytes: 900, replayLagSeconds: 9000 }]),
      },
      { name: 'a backup that streams', snapshot: seen([{ ...far, standby: false }]) },
      { name: 'a new standby that still catches up', snapshot: seen([{ ...far, state: 'catchup' }]) },
    ],
    flags: [
      {
        name: 'written and not replayed',
        snapshot: seen([far]),
        expect: ([finding]) => expect(finding?.approach).toContain('waits to be replayed'),
      },
      {
        name: 'not even sent',
        snapshot: seen([{ ...far, sentLagBytes: 4 * GIB, flushLagBytes: 5 * GIB }]),
        expect: ([finding]) => expect(finding?.approach).toContain('the network'),
      },
      {
        name: 'on its way to the disk',
        snapshot: seen([{ ...far, flushLagBytes: 4 * GIB }]),
        expect: ([finding]) => expect(finding?.approach).toContain('storage'),
      },
    ],
    blind: [
      { name: 'where standbys may not be seen', snapshot: seen(undefined), why: /pg_monitor/ },
      { name: 'one of which nothing may be seen', snapshot: seen([{ name: '' }]), why: /^How far 1 standby is behind/ },
      {
        name: 'positions that the server does not tell, as Aurora',
        snapshot: seen([{ name: 'a', standby: true, state: 'streaming' }]),
        why: /positions in WAL/,
      },
    ],
  });
});
