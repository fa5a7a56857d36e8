import type { ClientBase } from 'pg';
import { expect, test } from 'vitest';
import { applyAdvice } from '../../lib/demo/engineer.ts';
import { anOpportunity, aReport, aTargetReport } from '../support/report.ts';

function recorder(): { client: ClientBase; sent: string[] } {
  const sent: string[] = [];
  const client = { query: async (sql: string) => sent.push(sql) };
  return { client: client as unknown as ClientBase, sent }; // only query() is called
}

test('every statement of the steps is executed as printed, in order', async () => {
  const { client, sent } = recorder();
  const opportunity = anOpportunity({ advisor: 'missing-indexes' });
  await applyAdvice(client, aReport({ targets: [aTargetReport({ opportunities: [opportunity] })] }), 'missing-indexes');
  expect(sent).toEqual(opportunity.steps.map(({ sql }) => sql));
});

test('the best-ranked item of the advisor is taken, whatever others stand before it', async () => {
  const { client } = recorder();
  const opportunities = [
    anOpportunity({ key: 'x', advisor: 'dead-rows' }),
    anOpportunity({ key: 'first', advisor: 'missing-indexes' }),
    anOpportunity({ key: 'second', advisor: 'missing-indexes' }),
  ];
  const applied = await applyAdvice(
    client,
    aReport({ targets: [aTargetReport({ opportunities })] }),
    'missing-indexes',
  );
  expect(applied.opportunity.key).toBe('first');
});

test('without such advice the error says what the advisor said', async () => {
  const { client, sent } = recorder();
  const coverage = [{ advisor: 'missing-indexes', area: 'index', state: 'blind' as const, why: 'No text was seen.' }];
  const report = aReport({ targets: [aTargetReport({ coverage })] });
  await expect(applyAdvice(client, report, 'missing-indexes')).rejects.toThrow('No text was seen.');
  expect(sent).toEqual([]);
});
