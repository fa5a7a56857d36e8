/** 6. Risk Assessment & Mitigation: per item, and what the items together ask of the team. */
import type { TargetReport } from '../../model/report.ts';
import type { Block, Cell, Words } from '../blocks.ts';
import { many } from '../format.ts';
import { linkTo, onlyLooks, sentence } from '../opportunity.ts';
import { acceptedRisks } from './decisions.ts';

export function risks(target: TargetReport): Block[] {
  const rows = target.risks.map((risk): Cell[] => [
    linkTo(risk),
    sentence(risk.level),
    risk.technical,
    risk.business,
    risk.performance,
    risk.rollback.length === 0 ? 'Nothing to undo' : [{ code: risk.rollback.join('\n') }],
  ]);
  const table: Block = {
    kind: 'table',
    caption: 'Implementation risks',
    columns: [
      { title: 'Item', wide: true },
      { title: 'Level' },
      { title: 'Technical Risk' },
      { title: 'Business Risk' },
      { title: 'Performance Risk' },
      { title: 'Rollback Strategy' },
    ],
    rows,
  };
  return [
    { kind: 'heading', level: 2, text: '6. Risk Assessment & Mitigation', id: 'risks' },
    { kind: 'heading', level: 3, text: 'Implementation Risks' },
    rows.length === 0 ? { kind: 'text', words: 'No change is recommended, so none carries a risk.' } : table,
    ...acceptedRisks(target),
    { kind: 'heading', level: 3, text: 'Mitigation Strategies' },
    { kind: 'facts', facts: strategies(target) },
  ];
}

/** Cancelling is enough: each printed step can be begun again after its check. */
const EMERGENCY =
  'If users notice: stop, end the running step with pg_cancel_backend(pid), run the rollback, and check the acceptance number before anything else is tried.';

function strategies({ opportunities }: TargetReport): { label: string; words: Words }[] {
  const steps = opportunities.flatMap((one) => one.steps);
  const exclusive = steps.filter(({ lock }) =>
    /^(ACCESS )?EXCLUSIVE|^SHARE( ROW EXCLUSIVE)?\b(?! UPDATE)/.test(lock ?? ''),
  );
  const outside = steps.filter(({ sql, inTransaction }) => sql !== undefined && inTransaction === false);
  const without = opportunities.filter(
    ({ risk, steps: own }) => risk.rollback.length === 0 && own.some((one) => one.sql !== undefined && !onlyLooks(one)),
  );
  const risky = opportunities.filter(({ risk }) => risk.level !== 'low');
  return [
    {
      label: 'Testing Requirements',
      words:
        exclusive.length === 0
          ? 'No step takes a lock that stops writes; run each once in staging on data of real size.'
          : `${many(exclusive.length, 'step takes', 'steps take')} a lock that stops writes: time it in staging on data of real size first.`,
    },
    {
      label: 'Phased Rollouts',
      words: `One change at a time, so that the next hunt can tell what each brought. ${many(outside.length, 'step')} cannot run inside a transaction: run them singly.`,
    },
    {
      label: 'Monitoring Plans',
      words: 'Watch the acceptance number of each item; the next hunt verifies it and says so.',
    },
    {
      label: 'Contingency Plans',
      words:
        without.length === 0
          ? `Every change that runs SQL has its rollback printed beside it. ${EMERGENCY}`
          : `${many(without.length, 'change')} cannot be undone by a statement: read what they risk first, and have a backup where rows change. ${EMERGENCY}`,
    },
    ...risky.map((one) => ({
      label: `${sentence(one.risk.level)} risk`,
      words: [...linkTo(one), `: ${one.risk.mitigation}`],
    })),
  ];
}
