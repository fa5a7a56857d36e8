/** What got worse, why, and what undoes it when it was our advice. */
import type { Regression } from '../../model/regression.ts';
import type { TargetReport } from '../../model/report.ts';
import { anchor, type Block } from '../blocks.ts';
import { change, date, words } from '../format.ts';
import { comparison, nothingWorse, standing } from '../headline.ts';
import { beforeNow, causes, regressionLabel } from '../opportunity.ts';

export function regressions(target: TargetReport): Block[] {
  const resolved = target.regressions.filter(({ status }) => status === 'resolved');
  const shown = [...standing(target.regressions), ...resolved];
  return [
    { kind: 'heading', level: 2, text: 'Regressions', id: 'regressions' },
    ...(shown.length === 0
      ? [{ kind: 'text', words: nothingWorse[comparison(target.baselines)] } as const]
      : shown.map(card)),
  ];
}

function card(regression: Regression): Block {
  const { key, title, status, severity, change: by, unit, before, costMsPerWeek, shareOfDbTime, since } = regression;
  const sure =
    by.low === null || by.high === null
      ? 'no interval can be given'
      : `90 % interval: ${change(by.low, unit)} to ${change(by.high, unit)}`;
  const size = before === 0 ? 'new' : change(by.estimate, unit);
  const share = shareOfDbTime === null ? '' : `, ${words(shareOfDbTime, 'share')} of database time`;
  return {
    kind: 'card',
    sign: status === 'resolved' ? 'good' : severity === 'critical' || severity === 'high' ? 'worse' : 'warning',
    label: `${regressionLabel(regression)} · ${severity}`,
    title,
    id: anchor('r', key),
    blocks: [
      {
        kind: 'facts',
        facts: [
          { label: 'Cause', words: causes(regression) },
          { label: 'Change', words: `${size} (${sure})` },
          { label: 'Costs', words: `${words(costMsPerWeek, 'ms/week')} more${share}` },
          { label: 'Since', words: date(since) },
        ],
      },
      {
        kind: 'table',
        caption: 'Before and now',
        columns: [
          { title: 'Measure' },
          { title: 'Before', numeric: true },
          { title: 'Now', numeric: true },
          { title: 'Change', numeric: true },
        ],
        rows: beforeNow(regression),
      },
      ...(regression.text === undefined ? [] : [{ kind: 'sql', label: 'Statement', text: regression.text } as const]),
      ...rollback(regression),
    ],
  };
}

export function rollback({ suspect }: Regression): Block[] {
  if (suspect === undefined) return [];
  const said = `Our own advice, carried out in this window, touches it: ${suspect.title}.`;
  if (suspect.rollback.length === 0) return [{ kind: 'text', words: `${said} It has no rollback statement.` }];
  return [
    { kind: 'text', words: `${said} If it is the cause, this undoes it:` },
    { kind: 'sql', label: 'Rollback', text: suspect.rollback.join('\n') },
  ];
}
