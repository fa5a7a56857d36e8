import type { Case, End, Row } from '../cell.ts';
import type { Asked, WireFault } from '../gate.ts';
import { type HttpScene, TOO_SLOW_MS } from '../world.ts';
import { EXPIRED, sesXml } from './aws-errors.ts';
import { twins } from './history.ts';

interface Options {
  readonly says?: RegExp;
  readonly when?: (asked: Asked) => boolean;
  readonly times?: number;
}

const wire = (end: End, fault: WireFault, { says, ...options }: Options = {}): Case<HttpScene> => ({
  end,
  ...(says && { says }),
  break: async ({ gates }) => {
    await gates.ses.set(fault, options);
    return () => gates.ses.set(null);
  },
  hit: ({ gates }) => fault.kind === 'refused' || gates.ses.hits() > 0,
});
const toBob = ({ body }: Asked) => decodeURIComponent(body).includes('bob@example.org');
/** What SES was given it may have sent. */
const dark = /SES did not confirm/;

export const ses: Row<HttpScene> = {
  refused: wire(
    'fails',
    { kind: 'refused' },
    { says: /SES cannot be reached: check the network, or the email endpoint of the VPC/ },
  ),
  slow: wire('person', { kind: 'slow', ms: TOO_SLOW_MS }, { says: dark }),
  'reset mid-body': [
    wire('person', { kind: 'cut' }, { says: dark }),
    wire('person', { kind: 'cut-body' }, { says: dark }),
    wire('person', { kind: 'lost' }, { says: dark }),
  ],
  garbage: wire('person', { kind: 'garbage' }, { says: dark }),
  partial: [
    wire('fails', sesXml(400, 'MessageRejected', 'Email address is not verified.'), {
      when: toBob,
      says: /Verify the sender in SES/,
    }),
    wire('person', { kind: 'lost' }, { when: toBob, says: dark }),
  ],
  throttled: [
    wire('fails', sesXml(400, 'Throttling', 'Maximum sending rate exceeded.'), { says: /run again later/ }),
    wire('unharmed', sesXml(400, 'Throttling', 'Maximum sending rate exceeded.'), { times: 2 }),
  ],
  'expired credentials': [
    wire('fails', sesXml(403, 'ExpiredToken', EXPIRED), { says: /expired: log in again/ }),
    wire('fails', sesXml(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.'), {
      says: /[Cc]heck the keys/,
    }),
  ],
  'clock wrong': {
    end: 'fails',
    says: /[Ss]et the clock/,
    break: async (scene) => {
      scene.skewMs.ses = 3 * 3_600_000;
      return async () => {
        scene.skewMs.ses = 0;
      };
    },
  },
  'full disk': { never: 'a mail is made in memory and handed over; nothing of it touches a disk of ours' },
  'killed process': {
    elsewhere: [['test/e2e/killed.test.ts', 'is made good by the next, whichever two steps it died between']],
  },
  'concurrent run': [twins],
  'corrupted history': {
    never: 'SES keeps nothing that a later run reads; what was sent stands in the claims of the store',
  },
  'missing week': {
    elsewhere: [
      ['test/functions/hunt.test.ts', 'verifies that the digest that was due went out, and fails when none did'],
    ],
  },
  'old format': { never: 'only the answer to a sent mail is read, by the SDK of the same version' },
};
