/** The planted suite's result, every miss and every false one by name. */
import type { Judged } from './judge.ts';
import { type Claim, type Found, figures } from './score.ts';

const percent = (share: number): string => `${(Math.round(share * 1000) / 10).toFixed(1)} %`;
const subjectOf = ({ table, index, setting, statement, says }: Claim): string =>
  [index ?? table, setting, statement, says].filter((part) => part !== undefined).join(' ') || 'server';
const escaped = (text: string): string => text.replace(/\|/g, '\\|').replace(/\s+/g, ' ');

export function table(judged: readonly Judged[]): string {
  const rows = judged.map(({ scene, score, seconds }) => {
    const { planted, recall, precision } = figures([score]);
    const silent = scene.innocents.length - score.accused.length;
    return `| ${scene.name} (${scene.kind}) | ${planted} | ${score.missed.length} | ${percent(recall)} | ${score.right.length} | ${score.also.length} | ${score.wrong.length} | ${percent(precision)} | ${silent} of ${scene.innocents.length} | ${seconds.toFixed(0)} s |`;
  });
  const all = figures(judged.map(({ score }) => score));
  const sum = (of: (one: Judged) => number) => judged.reduce((total, one) => total + of(one), 0);
  const silent = sum(({ scene, score }) => scene.innocents.length - score.accused.length);
  return [
    '| Scene | Planted | Missed | Recall | Right | Also true | False | Precision | Innocents left alone | Took |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    `| **All** | ${all.planted} | ${sum(({ score }) => score.missed.length)} | **${percent(all.recall)}** | ${sum(({ score }) => score.right.length)} | ${sum(({ score }) => score.also.length)} | ${sum(({ score }) => score.wrong.length)} | **${percent(all.precision)}** | ${silent} of ${sum(({ scene }) => scene.innocents.length)} | ${sum(({ seconds }) => seconds).toFixed(0)} s |`,
  ].join('\n');
}

export function report(judged: readonly Judged[]): string {
  const missed = judged.flatMap(({ scene, score }) =>
    score.missed.map(
      (claim) => `- ${scene.name}: \`${claim.advisors.join('`, `')}\` on ${escaped(subjectOf(claim))}: ${claim.why}`,
    ),
  );
  const line = (found: Found): string => `\`${found.advisor}\`: ${escaped(found.title)}`;
  const wrong = judged.flatMap(({ scene, score }) =>
    score.wrong.map(
      (found) =>
        `- ${scene.name}: ${line(found)}${found.statement === undefined ? '' : ` (${escaped(found.statement)})`}`,
    ),
  );
  const also = judged.flatMap(({ scene, score }) =>
    score.also.map(({ found, claim }) => `- ${scene.name}: ${line(found)}. ${claim.why}`),
  );
  const doctored = judged.flatMap(({ scene }) => scene.doctored.map((what) => `- ${scene.name}: ${what}`));
  const list = (lines: readonly string[]) => (lines.length === 0 ? ['None.'] : lines);
  return [
    '# Planted problems and planted innocents',
    '',
    'Written by `npm run bench:findings`. A finding is an opportunity of the plan, as the report prints it; it is right when',
    'advisor and subject are those of a plant, false when it is neither planted nor listed as also true. What is also true',
    'counts neither for nor against. Precision = right ÷ (right + false).',
    '',
    table(judged),
    '',
    '## Missed',
    '',
    ...list(missed),
    '',
    '## False',
    '',
    ...list(wrong),
    '',
    '## Also true, and why',
    '',
    ...list(also),
    '',
    '## Changed in the snapshot after it was collected',
    '',
    ...list(doctored),
    '',
  ].join('\n');
}
