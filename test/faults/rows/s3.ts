import type { Case, End, Row } from '../cell.ts';
import type { Asked, WireFault } from '../gate.ts';
import { type HttpScene, TOO_SLOW_MS } from '../world.ts';
import { EXPIRED, xml } from './aws-errors.ts';
import { keptWeeks, twins } from './history.ts';

interface Options {
  readonly says?: RegExp;
  readonly when?: (asked: Asked) => boolean;
  readonly times?: number;
}

const wire = (end: End, fault: WireFault, { says, ...options }: Options = {}): Case<HttpScene> => ({
  end,
  ...(says && { says }),
  break: async ({ gates }) => {
    await gates.s3.set(fault, options);
    return () => gates.s3.set(null);
  },
  hit: ({ gates }) => fault.kind === 'refused' || gates.s3.hits() > 0,
});
const reads = ({ method }: Asked) => method === 'GET';
const reachable = /S3 cannot be reached: check the network, or the S3 endpoint of the VPC/;

/** Every write from the nth on is refused: what the run before it has written is half an archive. */
function after(writes: number): Case<HttpScene> {
  let seen = 0;
  const isLate = ({ method }: Asked) => method === 'PUT' && seen++ >= writes;
  return wire('fails', xml(403, 'AccessDenied'), { says: /Grant s3:GetObject and s3:PutObject/, when: isLate });
}

export const s3: Row<HttpScene> = {
  refused: wire('fails', { kind: 'refused' }, { says: reachable }),
  slow: [
    wire('fails', { kind: 'slow', ms: TOO_SLOW_MS }, { says: reachable }),
    wire('unharmed', { kind: 'slow', ms: TOO_SLOW_MS }, { times: 1 }),
  ],
  'reset mid-body': [
    wire('fails', { kind: 'cut-body' }, { when: reads, says: reachable }),
    wire('fails', { kind: 'cut' }, { says: reachable }),
    wire('unharmed', { kind: 'cut-body' }, { when: reads, times: 1 }),
    wire(
      'unharmed',
      { kind: 'lost' },
      { when: ({ method, path }) => method === 'PUT' && path.includes('/claims/'), times: 1 },
    ),
    wire(
      'unharmed',
      { kind: 'lost' },
      { when: ({ method, path }) => method === 'PUT' && path.includes('/history/'), times: 1 },
    ),
  ],
  garbage: [
    wire(
      'fails',
      { kind: 'garbage' },
      { says: /the answer is none of S3: look for a proxy or a sign-in page between/ },
    ),
    wire(
      'fails',
      { kind: 'edited', edit: (body) => `${body} ` },
      { when: ({ path }) => path.includes('/history/'), says: /cannot read s3:.*[Cc]hecksum/ },
    ),
  ],
  partial: [0, 1, 2, 4, 8, 12].map(after),
  throttled: [
    wire('fails', xml(503, 'SlowDown', 'Please reduce your request rate.'), {
      says: /S3 asks for patience: run again later/,
    }),
    wire('unharmed', xml(503, 'SlowDown', 'Please reduce your request rate.'), { times: 2 }),
  ],
  'expired credentials': [
    wire('fails', xml(400, 'ExpiredToken', EXPIRED), { says: /expired: log in again/ }),
    wire('fails', xml(403, 'InvalidAccessKeyId'), { says: /check the clock and the keys/ }),
  ],
  'clock wrong': {
    end: 'fails',
    says: /Set the clock of this machine right/,
    break: async (scene) => {
      scene.skewMs.s3 = 3 * 3_600_000;
      return async () => {
        scene.skewMs.s3 = 0;
      };
    },
  },
  'full disk': wire(
    'fails',
    xml(507, 'XMinioStorageFull', 'Storage backend has reached its minimum free drive threshold.'),
    {
      when: ({ method }) => method === 'PUT',
      says: /The store is full: free some space or choose another/,
    },
  ),
  'killed process': {
    elsewhere: [['test/e2e/killed.test.ts', 'is made good by the next, whichever two steps it died between']],
  },
  'concurrent run': twins,
  ...keptWeeks,
};
