import { expect, test } from 'vitest';
import { answerOf } from '../../functions/hunt.ts';
import { executiveSummary } from '../../lib/report/sections/executive-summary.ts';
import { aRegression, aReport, aTargetReport } from '../support/report.ts';

const regressions = [
  aRegression({ key: 'a' }),
  aRegression({ key: 'b', status: 'open' }),
  aRegression({ key: 'c', status: 'open', recovering: true }),
  aRegression({ key: 'd', status: 'resolved' }),
];

test('the answer counts what is new or open, not what is calm again', () => {
  const report = aReport({ targets: [aTargetReport({ regressions })] });
  const delivered = { archived: 1, mailSent: true, mailsSkipped: [], mailsDelivered: 1 };
  const answer = answerOf({ report, pages: {}, delivered }, {}, 's3://b');
  expect(answer).toMatchObject({ regressions: 2, mailSent: true });
});

test('where database time is not measured the summary counts them the same way, and says what recovers', () => {
  const baselines = { previousEnd: null, pinnedEnd: null, numbers: [] };
  const [, numbers] = executiveSummary(aTargetReport({ regressions, baselines }), aReport());
  expect(numbers?.kind === 'numbers' ? numbers.numbers.at(-1) : null).toMatchObject({
    label: 'Regressions',
    value: '2',
    note: '1 more recovering; database time not measured',
  });
});
