/** The score table of made-up databases. Seeds A are for tuning; nobody looks at B while a rule is being chosen. */
import type { Alert } from './evaluate.ts';
import { alertsOf } from './evaluate.ts';
import { databasesOf, type Labelled, type Suite } from './generator.ts';
import { Weekly } from './read.ts';
import { addScore, coverage, emptyScore, figures, type Planted } from './score.ts';

export const SEEDS = { A: [1, 2, 3], B: [9001, 9002, 9003] } as const;

export function run(suite: Suite): { readonly planted: readonly Planted[]; readonly alerts: readonly Alert[] } {
  const weekly = new Weekly();
  const planted: Planted[] = [];
  for (const database of databasesOf(suite)) {
    for (const series of database) {
      weekly.add(series);
      planted.push(labelOf(series));
    }
  }
  return { planted, alerts: alertsOf(weekly.series) };
}

export function table(seeds: readonly number[], print: (line: string) => void): void {
  const tiers = { confirmed: emptyScore(), alert: emptyScore(), watch: emptyScore() };
  let [held, all, wideFalse] = [0, 0, 0];
  for (const seed of seeds) {
    const { planted, alerts } = run({ seed, databases: 40, queries: 60, events: 'mixed' });
    const confirmed = alerts.filter(({ tier }) => tier === 'confirmed');
    const alert = alerts.filter(({ tier }) => tier !== 'watch');
    addScore(tiers.confirmed, planted, confirmed);
    addScore(tiers.alert, planted, alert);
    addScore(tiers.watch, planted, alerts);
    const [inside, judged] = coverage(planted, alerts);
    held += inside;
    all += judged;
    wideFalse += firstLines(alerts.filter(({ statement }) => statement === null)).length;
  }
  print(`seeds ${seeds.join(', ')}: 40 databases of 60 statements each, 7 evaluations`);
  for (const [tier, score] of Object.entries(tiers)) {
    const { precision, recall, f1, falsePer1000 } = figures(score);
    print(
      `${tier.padEnd(9)}  precision ${percent(precision)}  recall ${percent(recall)}  F1 ${f1.toFixed(3)}  false per 1,000 series-weeks ${falsePer1000.toFixed(2)}`,
    );
    const steps = Object.entries(score.steps).sort();
    print(`           ${steps.map(([step, [hit, of]]) => `${step}: ${percent(hit / of)}`).join('   ')}`);
    print(`           false by kind: ${JSON.stringify(score.wrongByKind)}`);
  }
  print(`intervals of planted steps (90 %): cover ${percent(held / all)} of ${all}`);
  print(`database-wide findings where there was none: ${wideFalse} of ${seeds.length * 40 * 7} database-weeks`);
  for (const events of ['quiet', 'wide'] as const) suiteLine(events, seeds, print);
}

function suiteLine(events: 'quiet' | 'wide', seeds: readonly number[], print: (line: string) => void): void {
  let [statements, databases, found, onStatements, again] = [0, 0, 0, 0, 0];
  for (const seed of seeds) {
    const { planted, alerts } = run({ seed: seed + 500, databases: 10, queries: 60, events });
    statements += planted.length;
    databases += 10;
    const slower = alerts.filter(({ direction, tier }) => direction === 'slower' && tier !== 'watch');
    const wide = firstLines(slower.filter(({ statement }) => statement === null));
    found += new Set(wide.map(({ database }) => database)).size;
    again += wide.length;
    onStatements += firstLines(slower.filter(({ statement }) => statement !== null)).length;
  }
  const per1000 = ((1000 * onStatements) / (statements * 7)).toFixed(2);
  print(
    events === 'quiet'
      ? `event-free: ${onStatements} statement alerts (${per1000} per 1,000 series-weeks), ${again} database-wide findings in ${databases * 7} database-weeks`
      : `database-wide slowdown of 8-25 %: found in ${found} of ${databases} databases by ${again} findings, ${onStatements} statement alerts`,
  );
}

/** Of each subject the first line of each episode. */
function firstLines(alerts: readonly Alert[]): Alert[] {
  const last = new Map<string, number>();
  return alerts.filter(({ database, statement, week }) => {
    const key = JSON.stringify([database, statement]);
    const before = last.get(key);
    last.set(key, week);
    return before === undefined || week - before > 2;
  });
}

function labelOf({ database, statement, truth }: Labelled): Planted {
  return { database, statement, truth };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
