import type { Case, End, Row } from '../cell.ts';
import type { WireFault } from '../gate.ts';
import type { HttpScene } from '../world.ts';
import { EXPIRED, json } from './aws-errors.ts';

const wire = (end: End, fault: WireFault, says?: RegExp, times?: number): Case<HttpScene> => ({
  end,
  ...(says && { says }),
  break: async ({ gates }) => {
    await gates.secrets.set(fault, times === undefined ? {} : { times });
    return () => gates.secrets.set(null);
  },
  hit: ({ gates }) => fault.kind === 'refused' || gates.secrets.hits() > 0,
});
const reach = /secret team\/prometheus cannot be read .*is Secrets Manager within reach/;

export const secrets: Row<HttpScene> = {
  refused: wire('fails', { kind: 'refused' }, reach),
  // Ten seconds are the patience of the product itself, which has no setting for it.
  slow: wire('unharmed', { kind: 'slow', ms: 11_000 }, undefined, 1),
  'reset mid-body': [
    wire('fails', { kind: 'cut' }, reach),
    wire('fails', { kind: 'cut-body' }, reach),
    wire('unharmed', { kind: 'lost' }, undefined, 1),
  ],
  garbage: wire('fails', { kind: 'garbage' }, reach),
  partial: [
    wire(
      'fails',
      { kind: 'edited', edit: (body) => body.replace('token', 'tocken') },
      /has no field token: check its spelling/,
    ),
    wire(
      'fails',
      { kind: 'edited', edit: (body) => body.replace('SecretString', 'SecretBinary') },
      /holds no text|cannot be read/,
    ),
  ],
  throttled: [
    wire('fails', json(400, 'ThrottlingException', 'Rate exceeded'), /is asked too often: run again later/),
    wire('unharmed', json(400, 'ThrottlingException', 'Rate exceeded'), undefined, 1),
  ],
  'expired credentials': [
    wire('fails', json(400, 'ExpiredTokenException', EXPIRED), /credentials have expired: log in again/),
    wire(
      'fails',
      json(400, 'UnrecognizedClientException', 'The security token included in the request is invalid.'),
      /credentials are not valid/,
    ),
  ],
  'clock wrong': wire(
    'fails',
    json(400, 'InvalidSignatureException', 'Signature expired: 20261122T000000Z is now earlier than 20261122T030000Z'),
    /set the clock/,
  ),
  'full disk': { never: 'a secret is held in memory for one run and written nowhere' },
  'killed process': wire('fails', { kind: 'cut' }, reach),
  'concurrent run': { never: 'a secret is only read, and each run reads it anew' },
  'corrupted history': { never: 'it has no history of ours' },
  'missing week': { never: 'a secret is read anew in each run, whenever the last one was' },
  'old format': {
    elsewhere: [['test/secrets.test.ts', 'that cannot be had is named with the way out, all of them at once']],
  },
};
