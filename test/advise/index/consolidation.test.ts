/** What the advisors on bloat and consolidation print runs on a real server, and leaves the catalog as it was. */
import { describe, expect, it } from 'vitest';
import { advise } from '../../../lib/advise/advise.ts';
import { bloatedIndexes } from '../../../lib/advise/index/bloated-indexes.ts';
import { manyIndexes } from '../../../lib/advise/index/many-indexes.ts';
import { overlappingIndexes } from '../../../lib/advise/index/overlapping-indexes.ts';
import { useEmbedded } from '../../support/embedded.ts';
import { anIndex, aSnapshot, aTable } from '../../support/rows.ts';

const server = useEmbedded();
const MIB = 1024 ** 2;

describe('steps of consolidation', () => {
  it('run as printed: the index is packed and a leftover of a failed rebuild is found', async () => {
    const table = { schema: 'Sales', table: "o'Brien" };
    const index = "by 'a'_idx";
    const url = await server.database(
      'packed',
      'CREATE SCHEMA "Sales"',
      `CREATE TABLE "Sales"."o'Brien" (a bigint, b bigint)`,
      `INSERT INTO "Sales"."o'Brien" SELECT n, n FROM generate_series(1, 100000) n`,
      `CREATE INDEX "by 'a'_idx" ON "Sales"."o'Brien" (a)`,
      `CREATE INDEX "by 'a'_idx_ccnew1" ON "Sales"."o'Brien" (a)`,
      `UPDATE pg_index SET indisvalid = false WHERE indexrelid = '"Sales"."by ''a''_idx_ccnew1"'::regclass`,
      `DELETE FROM "Sales"."o'Brien" WHERE a % 10 > 0`,
    );
    await server.run(url, 'VACUUM');
    const size = async () =>
      Number((await server.run(url, `SELECT pg_relation_size('"Sales"."by ''a''_idx"') AS s`))[0]?.s);
    const before = await size();
    const many = Array.from({ length: 11 }, (_, at) =>
      anIndex({ ...table, index: `i${at}`, columns: ['a', `c${at}`] }),
    );
    const snapshot = aSnapshot({
      tables: [aTable({ ...table, rowsInserted: 1e9 })],
      indexes: [
        ...many,
        anIndex({
          ...{ ...table, index, columns: ['b'], sizeBytes: 500 * MIB },
          bloat: { source: 'pgstattuple', bytes: 450 * MIB, ofBytes: 500 * MIB },
        }),
      ],
    });
    const outcomes = await advise(snapshot, [bloatedIndexes, overlappingIndexes, manyIndexes]);
    const findings = outcomes.flatMap((outcome) => (outcome.state === 'found' ? outcome.findings : []));
    expect(findings).toHaveLength(3);
    const answers: unknown[] = [];
    for (const { sql } of findings.flatMap(({ steps }) => steps)) {
      if (sql !== undefined) answers.push(await server.run(url, sql));
    }
    expect(JSON.stringify(answers)).toContain('_ccnew1');
    expect(await size()).toBeLessThan(before / 5);
  });
});
