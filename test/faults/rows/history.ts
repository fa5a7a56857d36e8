/** What can be wrong with the weeks that are kept, the same in every store. */
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Case, Row } from '../cell.ts';
import { EARLIER, type HttpScene, TARGET } from '../world.ts';

const KEY = `history/${TARGET}/${EARLIER.slice(0, 10)}T00-00-00Z.json.gz`;

/** `change`: null for a body that nothing could be made of any more. */
function changed(
  end: Case<HttpScene>['end'],
  says: RegExp | undefined,
  change: (body: Uint8Array) => Uint8Array,
): Case<HttpScene> {
  return {
    end,
    ...(says && { says }),
    break: async ({ store }) => {
      const body = await store.get(KEY);
      if (body === null) throw new Error(`${KEY} is not there`);
      await store.put(KEY, change(body), 'application/gzip');
      return () => store.put(KEY, body, 'application/gzip');
    },
  };
}

const document = (change: (json: Record<string, unknown>) => unknown) => (body: Uint8Array) =>
  gzipSync(JSON.stringify(change(JSON.parse(gunzipSync(body).toString()))));
const damaged = /is damaged \([^)]*\): restore an earlier version of the object or delete it/;

export const keptWeeks = {
  'corrupted history': [
    changed('told', damaged, (body) => body.subarray(0, body.length / 2)),
    changed('told', damaged, () => new Uint8Array()),
    changed('told', damaged, (body) => body.map((byte, at) => (at === 40 ? byte ^ 255 : byte))),
    changed('told', damaged, () => gzipSync('{"version":2,"target":"shop-db-9187"}')),
    changed(
      'told',
      damaged,
      document((json) => ({ ...json, target: 'another-db' })),
    ),
  ],
  'missing week': {
    end: 'told',
    says: /"previousEnd":null/,
    seed: (key) => key !== KEY,
    break: async ({ putBack }) => putBack,
  },
  'old format': [
    changed(
      'unharmed',
      undefined,
      document(({ series: _series, tracked: _tracked, ...rest }) => ({ ...rest, version: 1 })),
    ),
    changed(
      'told',
      /was written by a newer pg-hunt \(version 3, this one reads 2\): upgrade this pg-hunt/,
      document((json) => ({ ...json, version: 3 })),
    ),
  ],
} as const satisfies Partial<Row<HttpScene>>;

/** Two runs of the same week beside each other; both must have worked. */
export const twins: Case<HttpScene> = {
  end: 'unharmed',
  break: async () => {},
  hunt: async ({ hunt }) => {
    const [one, other] = await Promise.all([hunt(), hunt()]);
    return one.error === null ? (other.error === null ? one : other) : one;
  },
};
