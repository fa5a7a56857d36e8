import type { Case, End, Row } from '../cell.ts';
import type { WireFault } from '../gate.ts';
import { type HttpScene, TOO_SLOW_MS } from '../world.ts';

const about =
  (part: string) =>
  ({ body }: { readonly body: string }) =>
    decodeURIComponent(body).includes(part);
const all = (end: End, fault: WireFault, says?: RegExp): Case<HttpScene> => ({
  end,
  ...(says && { says }),
  break: async ({ gates }) => {
    await gates.prometheus.set(fault);
    return () => gates.prometheus.set(null);
  },
});
/** Only what asks for this metric. */
const one = (end: End, fault: WireFault, says: RegExp): Case<HttpScene> => ({
  end,
  says,
  break: async ({ gates }) => {
    await gates.prometheus.set(fault, { when: about('pg_stat_user_tables_seq_scan') });
    return () => gates.prometheus.set(null);
  },
  hit: ({ gates }) => gates.prometheus.hits() > 0,
});
const status = (code: number, body = ''): WireFault => ({ kind: 'answer', status: code, body });

export const prometheus: Row<HttpScene> = {
  refused: all('fails', { kind: 'refused' }, /refused: is Prometheus running there/),
  slow: [
    all('fails', { kind: 'slow', ms: TOO_SLOW_MS }, /no complete answer within|time for all questions together/),
    one('told', { kind: 'slow', ms: TOO_SLOW_MS }, /no complete answer within|time for all questions together/),
  ],
  'reset mid-body': [
    all('fails', { kind: 'cut-body' }, /connection was cut/),
    one('told', { kind: 'cut-body' }, /connection was cut/),
    all('fails', { kind: 'cut' }, /connection was cut|reset|hang up/),
  ],
  garbage: [
    all('fails', { kind: 'garbage' }, /looks like a web page/),
    one('told', { kind: 'edited', edit: (body) => body.replaceAll('"vector"', '"vektor"') }, /no JSON of a Prometheus/),
  ],
  partial: [
    one('told', { kind: 'edited', edit: (body) => body.slice(0, -20) }, /no JSON of a Prometheus/),
    all(
      'told',
      {
        kind: 'edited',
        edit: (body) => body.replace(/^\{/, '{"warnings":["store 7 is down"],'),
      },
      /store 7 is down/,
    ),
  ],
  throttled: [all('fails', status(429), /throttling/), one('told', status(429), /throttling/)],
  'expired credentials': [
    all('fails', status(401), /401|credentials|password|token/),
    all('fails', status(403, 'The security token included in the request is expired'), /403|may not|credentials/),
  ],
  'clock wrong': {
    elsewhere: [
      ['test/collect/prometheus/faults.test.ts', 'a clock that is %i ms off is told'],
      ['test/collect/prometheus/faults.test.ts', "'about another time'"],
    ],
  },
  'full disk': all(
    'fails',
    status(503, '{"status":"error","errorType":"unavailable","error":"no space left on device"}'),
    /503/,
  ),
  'killed process': all('fails', { kind: 'cut' }, /connection was cut|reset|hang up/),
  'concurrent run': {
    never: 'a run only reads; how many run beside each other changes no answer (twins are in the rows of the stores)',
  },
  'corrupted history': {
    never: 'history is kept in the store; what Prometheus keeps it answers, or says that it cannot',
  },
  'missing week': [
    all(
      'fails',
      { kind: 'edited', edit: (body) => body.replace(/"(data|result)":\[.*\]/, '"$1":[]') },
      /no .*PostgreSQL|nothing|exporter/,
    ),
  ],
  'old format': {
    elsewhere: [
      [
        'test/collect/prometheus/dialects.test.ts',
        'each measure is the same number in its canonical unit, by name number %i',
      ],
    ],
  },
};
