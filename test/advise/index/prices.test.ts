import { describe, expect, it } from 'vitest';
import { advise } from '../../../lib/advise/advise.ts';
import { indexCandidates } from '../../../lib/advise/index/index-candidates.ts';
import { missingIndexes } from '../../../lib/advise/index/missing-indexes.ts';
import type { Finding } from '../../../lib/model/finding.ts';
import type { Snapshot } from '../../../lib/model/snapshot.ts';
import type { PricedStatement, WhatIf } from '../../../lib/model/what-if.ts';
import { anIndex, aSnapshot, aStatement, aTable } from '../../support/rows.ts';

const heavy = aTable({ sequentialScans: 1_000, sequentialRowsRead: 1_000_000_000 });
const pkey = anIndex({ index: 'orders_pkey', columns: ['id'], unique: true, primary: true, constraint: 'orders_pkey' });
const reader = aStatement({
  queryid: '1',
  text: 'SELECT * FROM orders WHERE customer_id = $1',
  calls: 1_000,
  totalTimeMs: 100_000,
  rows: 20_000,
  sharedBlocksHit: 25_600_000,
  sharedBlocksRead: 0,
});
const other = aStatement({ queryid: '2', text: 'SELECT count(*) FROM orders', calls: 100, totalTimeMs: 100_000 });

const priced = (...statements: readonly PricedStatement[]): WhatIf => ({
  ...{ database: 'shop', schema: 'public', table: 'orders', method: 'btree', columns: ['customer_id'] },
  definition: 'CREATE INDEX ON public.orders USING btree (customer_id)',
  ...{ sizeBytes: 7_000_000, statements },
});
const used: PricedStatement = { statement: 'id:1', costBefore: 20_000, costAfter: 1_000, usesIndex: true };

const snapshotOf = (...whatIf: readonly WhatIf[]): Snapshot =>
  aSnapshot({
    tables: [heavy],
    indexes: [pkey],
    statements: [reader, other],
    ...(whatIf.length === 0 ? {} : { whatIf }),
  });

async function judged(...whatIf: readonly WhatIf[]): Promise<{ findings: readonly Finding[]; caveats: string }> {
  const [outcome] = await advise(snapshotOf(...whatIf), [missingIndexes]);
  if (outcome === undefined || outcome.state === 'blind' || outcome.state === 'failed') throw new Error(outcome?.why);
  return { findings: outcome.state === 'found' ? outcome.findings : [], caveats: outcome.caveats.join(' ') };
}
const sharesOf = (finding: Finding | undefined) => (finding?.benefit.kind === 'time' ? finding.benefit.reduces : null);

describe('an index shown to the planner', () => {
  it('is asked about before anybody judges, by its definition', async () => {
    expect(await indexCandidates(snapshotOf())).toEqual([
      expect.objectContaining({
        ...{ database: 'shop', schema: 'public', table: 'orders', columns: ['customer_id'] },
        definition: 'CREATE INDEX ON public.orders USING btree (customer_id)',
      }),
    ]);
  });

  it('is advised with the planner’s numbers, and says that cost is not time', async () => {
    const { findings } = await judged(priced(used));
    const [finding] = findings;
    expect(finding?.title).toBe('Create an index on public.orders (customer_id)');
    // 95 % of the cost, and the counter confirms every scan of the thousand calls.
    const { low, likely, high } = sharesOf(finding) ?? {};
    expect([low, likely, high].map((share) => share?.toFixed(3))).toEqual(['0.950', '0.950', '1.000']);
    expect(finding?.benefit.basis).toContain('1 of 1 statement would use it, and 95 % of their planner cost goes away');
    expect(finding?.benefit.basis).toContain('Cost is not time');
    expect(finding?.evidence).toContainEqual(
      expect.objectContaining({ label: 'Expected size of the index', value: 7_000_000, source: 'HypoPG' }),
    );
  });

  it('is advised from the model where the planner was not asked', async () => {
    const [finding] = (await judged()).findings;
    expect(finding?.benefit.basis).toMatch(/^Model from rows/);
  });

  it('is dropped where the planner would not use it, and the reader is told', async () => {
    const { findings, caveats } = await judged(priced({ ...used, costAfter: 20_000, usesIndex: false }));
    expect(findings).toEqual([]);
    expect(caveats).toContain(
      '1 index that column statistics speak for was shown to the planner with HypoPG, and no statement would use it.',
    );
  });

  it('is dropped where it costs other statements more than half of what it saves', async () => {
    const hurt = { statement: 'id:2', costBefore: 10_000, costAfter: 16_000, usesIndex: true };
    const { findings, caveats } = await judged(priced(used, hurt));
    expect(findings).toEqual([]);
    expect(caveats).toContain('cost other statements more than half of what it saves');
  });

  it('is advised where it costs others little, and says so', async () => {
    const hurt = { statement: 'id:2', costBefore: 10_000, costAfter: 12_000, usesIndex: true };
    const { findings } = await judged(priced(used, hurt));
    expect(findings[0]?.benefit.basis).toContain('1 other statement would cost more, less than is saved');
  });
});
