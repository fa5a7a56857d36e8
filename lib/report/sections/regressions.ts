/** What got worse, why, and what undoes it when it was our advice. */
import { isStanding, type Movement, type Regression } from '../../model/regression.ts';
import type { TargetReport } from '../../model/report.ts';
import { anchor, type Block } from '../blocks.ts';
import { change, date, words } from '../format.ts';
import { calm, comparison, nothingWorse, standing } from '../headline.ts';
import { beforeNow, causes, costOf, fixOf, movementLines, regressionLabel } from '../opportunity.ts';
import { type Room, shortened } from '../room.ts';
import { trendFigure } from '../trend.ts';

export function regressions(target: TargetReport, room: Room): Block[] {
  const shown = [...standing(target.regressions), ...calm(target.regressions)];
  return [
    { kind: 'heading', level: 2, text: 'Regressions', id: 'regressions' },
    ...(shown.length === 0
      ? [{ kind: 'text', words: nothingWorse[comparison(target.baselines)] } as const]
      : [...shown.slice(0, room.items).map((one) => card(one, room)), ...shown.slice(room.items).map(brief)]),
    ...short('Got faster', target.improvements),
    ...short('Worth watching', target.watch),
  ];
}

function short(text: string, movements: readonly Movement[] = []): Block[] {
  if (movements.length === 0) return [];
  return [
    { kind: 'heading', level: 3, text },
    { kind: 'list', items: movementLines(movements) },
  ];
}

function signOf({ status, recovering, severity }: Regression) {
  if (status === 'resolved' || recovering === true) return 'good';
  return severity === 'critical' || severity === 'high' ? 'worse' : 'warning';
}

/** Where there is no room: links to it still land. */
function brief(regression: Regression): Block {
  return {
    kind: 'card',
    sign: signOf(regression),
    label: `${regressionLabel(regression)} · ${regression.severity}`,
    title: regression.title,
    id: anchor('r', regression.key),
    blocks: [
      { kind: 'text', words: `${words(regression.costMsPerWeek, 'ms/week')} more. The rest is in report.json.` },
    ],
  };
}

function card(regression: Regression, room: Room): Block {
  const { key, title, severity, change: by, unit, before, since } = regression;
  const sure =
    by.low === null || by.high === null
      ? 'no interval can be given'
      : `90 % interval: ${change(by.low, unit)} to ${change(by.high, unit)}`;
  const figure = trendFigure(regression);
  const size = before === 0 ? 'new' : change(by.estimate, unit);
  return {
    kind: 'card',
    sign: signOf(regression),
    label: `${regressionLabel(regression)} · ${severity}`,
    title,
    id: anchor('r', key),
    blocks: [
      {
        kind: 'facts',
        facts: [
          { label: isStanding(regression) ? 'Cause' : 'Cause was', words: causes(regression) },
          ...fixOf(regression),
          { label: 'Change', words: `${size} (${sure})` },
          ...costOf(regression),
          { label: 'Since', words: date(since) },
        ],
      },
      ...(figure === null ? [] : [figure]),
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
      ...(regression.text === undefined
        ? []
        : [{ kind: 'sql', label: 'Statement', text: shortened(regression.text, room) } as const]),
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
