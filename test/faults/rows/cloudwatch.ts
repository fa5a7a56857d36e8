import type { Case, End, Row } from '../cell.ts';
import type { WireFault } from '../gate.ts';
import { type HttpScene, TOO_SLOW_MS } from '../world.ts';
import { EXPIRED, json } from './aws-errors.ts';

const wire = (end: End, fault: WireFault, says?: RegExp, times?: number): Case<HttpScene> => ({
  end,
  ...(says && { says }),
  break: async ({ gates }) => {
    await gates.cloudwatch.set(fault, times === undefined ? {} : { times });
    return () => gates.cloudwatch.set(null);
  },
  hit: ({ gates }) => fault.kind === 'refused' || gates.cloudwatch.hits() > 0,
});
const reach =
  /CloudWatch could not be asked \(\w+\): is CloudWatch within reach of this network|there was no answer in time/;

export const cloudwatch: Row<HttpScene> = {
  refused: wire('told', { kind: 'refused' }, reach),
  slow: wire('told', { kind: 'slow', ms: TOO_SLOW_MS }, reach),
  'reset mid-body': [
    wire('told', { kind: 'cut' }, reach),
    wire('told', { kind: 'cut-body' }, reach),
    wire('unharmed', { kind: 'lost' }, undefined, 1),
  ],
  garbage: wire('told', { kind: 'garbage' }, reach),
  partial: [
    wire('told', { kind: 'edited', edit: (body) => body.replaceAll('"Complete"', '"InternalError"') }, /InternalError/),
    wire(
      'told',
      { kind: 'edited', edit: (body) => body.replace(/"Timestamps":\[[^\]]*\]/, '"Timestamps":[]') },
      /values without times/,
    ),
  ],
  throttled: [
    wire('told', json(400, 'ThrottlingException', 'Rate exceeded'), /it is throttling; run at another hour/),
    wire('unharmed', json(400, 'ThrottlingException', 'Rate exceeded'), undefined, 1),
  ],
  'expired credentials': [
    wire('told', json(400, 'ExpiredTokenException', EXPIRED), /the credentials have expired; log in again/),
    wire('told', json(400, 'UnrecognizedClientException'), /the credentials are not valid in this region/),
  ],
  'clock wrong': wire('told', json(400, 'InvalidSignatureException', 'Signature expired'), /set the clock/),
  'full disk': { never: 'nothing is written there' },
  'killed process': wire('told', { kind: 'cut' }, reach),
  'concurrent run': { never: 'it is only read; two runs ask the same and get the same' },
  'corrupted history': { never: 'what it keeps it answers, or says that it cannot: partial' },
  'missing week': {
    elsewhere: [['test/collect/cloudwatch/machines.test.ts', 'with values for some days only says so']],
  },
  'old format': {
    never: 'the names and units of its metrics do not change; the SDK speaks the version that it was made for',
  },
};
