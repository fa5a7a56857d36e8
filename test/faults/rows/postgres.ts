import type { Case, Row } from '../cell.ts';
import type { ByteFault, PostgresScene } from '../postgres-world.ts';

const faults = 'test/collect/postgres/faults.test.ts';
const wire = (end: Case<PostgresScene>['end'], fault: ByteFault, says: RegExp): Case<PostgresScene> => ({
  end,
  says,
  break: async (scene) => {
    await scene.set(fault);
    return () => scene.set(null);
  },
  hit: ({ hits }) => fault.kind === 'refused' || hits() > 0,
});
const who = (user: string, says: RegExp, ...setUp: string[]): Case<PostgresScene> => ({
  end: 'fails',
  says,
  break: async (scene) => {
    await scene.server.run(scene.server.url(), `DROP ROLE IF EXISTS ${user}`, ...setUp);
    const right = scene.role;
    scene.role = { user, password: 'canary-password' };
    return async () => {
      scene.role = right;
    };
  },
});
const LOST = /(Connection terminated unexpectedly|terminating connection due to administrator command)/;
const KILL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'hunter'";
const killed = (end: 'fails' | 'told', bytes: number): Case<PostgresScene> => ({
  end,
  says: LOST,
  break: async ({ server, set }) => {
    await set({ kind: 'after', bytes, instead: () => server.run(server.url(), KILL) });
    return () => set(null);
  },
  hit: ({ hits }) => hits() > 0,
});

export const postgres: Row<PostgresScene> = {
  refused: wire('fails', { kind: 'refused' }, /refused the connection .* Check host and port/),
  slow: wire('fails', { kind: 'silent' }, /did not answer in time.*security group/),
  // Before the server is known the target fails; later what was not read yet is a gap.
  'reset mid-body': [
    wire('fails', { kind: 'after', bytes: 200 }, LOST),
    wire('fails', { kind: 'after', bytes: 1_000 }, LOST),
    ...[5_000, 20_000, 60_000].map((bytes) => wire('told', { kind: 'after', bytes }, LOST)),
  ],
  garbage: wire('fails', { kind: 'garbage' }, LOST),
  partial: {
    elsewhere: [
      [faults, 'gives a low role what it may see, and names the grants for the rest'],
      [faults, 'is asked no more than its share of time allows; what was not read is said, database by database'],
      ['test/collect/postgres/refusals.test.ts', 'a service that is PostgreSQL but for one question'],
    ],
  },
  throttled: who(
    'crowded',
    /has no free connection/,
    "CREATE ROLE crowded LOGIN PASSWORD 'canary-password' CONNECTION LIMIT 0 IN ROLE pg_monitor",
  ),
  'expired credentials': who(
    'expired',
    /refused the password of role expired .* Check user and password/,
    "CREATE ROLE expired LOGIN PASSWORD 'canary-password' VALID UNTIL '2020-01-01' IN ROLE pg_monitor",
  ),
  'clock wrong': { elsewhere: [['test/collect/postgres/counters.test.ts', 'does not use a reading of the future']] },
  'full disk': { never: 'pg-hunt writes nothing there; a server that stops because of it refuses: refused' },
  'killed process': [killed('fails', 500), killed('told', 10_000), killed('told', 40_000)],
  'concurrent run': {
    end: 'unharmed',
    break: async () => {},
    hunt: async ({ hunt }) => {
      const [one, other] = await Promise.all([hunt(), hunt()]);
      return one.error === null ? other : one;
    },
  },
  'corrupted history': {
    elsewhere: [
      [
        'test/compare/history.test.ts',
        'goes on with the next older one when one is damaged, newer or another target’s, and says so',
      ],
    ],
  },
  'missing week': { elsewhere: [['test/collect/postgres/counters.test.ts', 'are whole without a last time']] },
  'old format': { elsewhere: [[faults, 'is too old to be read']] },
};
