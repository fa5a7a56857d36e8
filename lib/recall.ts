/** What can be asked of the memory alone: no source is read, nobody gets a mail. */

import { HistoryError } from './compare/history-keys.ts';
import { keptTargets, keptWeek } from './compare/kept-weeks.ts';
import { pinBaseline, unpinBaseline } from './compare/pin.ts';
import { compareWeeks } from './compare/two-weeks.ts';
import type { Config } from './config.ts';
import { readShelf } from './deliver/shelf.ts';
import type { Comparison } from './model/comparison.ts';
import type { Objects } from './model/objects.ts';
import { comparisonFiles, comparisonText, textsIn } from './report/comparison.ts';

export type Asked = Pick<Config, 'targets' | 'compare' | 'pinBaseline' | 'unpinBaseline'>;

export interface Recalled {
  readonly targets: readonly string[];
  /** For people. */
  readonly text: string;
  readonly comparisons: readonly Comparison[];
  /** Store key of the first page that was written; null where none was. */
  readonly page: string | null;
}

/** Of the targets asked for, else of all that are kept. Throws HistoryError, with every target that it could not serve. */
export async function recall(asked: Asked, store: Objects): Promise<Recalled> {
  const targets = asked.targets.length > 0 ? asked.targets : await keptTargets(store);
  if (targets.length === 0) throw new HistoryError(`${store.location} keeps no history yet: hunt first`);
  const faults: string[] = [];
  const answers: Answer[] = [];
  for (const target of targets) {
    try {
      answers.push(await answerOf(asked, target, store));
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error;
      faults.push(error.message);
    }
  }
  if (faults.length > 0) throw new HistoryError([...answers.map(({ text }) => text), ...faults].join('\n'));
  return {
    targets,
    text: `${answers.map(({ text }) => text.trimEnd()).join('\n\n')}\n`,
    comparisons: answers.flatMap(({ comparison }) => comparison ?? []),
    page: answers.flatMap(({ page }) => page ?? [])[0] ?? null,
  };
}

interface Answer {
  readonly text: string;
  readonly comparison?: Comparison;
  readonly page?: string;
}

async function answerOf(asked: Asked, target: string, store: Objects): Promise<Answer> {
  if (asked.compare !== undefined) return compared(asked.compare, target, store);
  if (typeof asked.pinBaseline === 'string') {
    const { window } = await keptWeek(store, target, asked.pinBaseline);
    await pinBaseline(store, target, window.end);
    return { text: `${target}: the week that ended ${window.end} is the baseline.` };
  }
  const was = await unpinBaseline(store, target);
  return { text: was ? `${target}: no baseline is pinned any more.` : `${target}: no baseline was pinned.` };
}

async function compared({ from, to }: NonNullable<Asked['compare']>, target: string, store: Objects): Promise<Answer> {
  const [then, now] = [await keptWeek(store, target, from), await keptWeek(store, target, to)];
  if (then.window.end === now.window.end) {
    throw new HistoryError(`${target}: ${from} and ${to} are the same run, which ended ${then.window.end}`);
  }
  const comparison = compareWeeks(then, now);
  const shelf = (await readShelf(store, [target])).filter((one) => one.target === target);
  const texts = textsIn(
    shelf.map(({ report }) => report),
    target,
  );
  const name = `${from}-to-${to}`.replace(/[^0-9A-Za-z-]/g, '');
  const files = comparisonFiles(comparison, texts, name);
  for (const { key, body, contentType } of files) await store.put(key, body, contentType);
  const page = `reports/${target}/${name}/index.html`;
  return {
    text: `${comparisonText(comparison, texts)}\nPage: ${store.location.replace(/\/$/, '')}/${page}\n`,
    comparison,
    page,
  };
}
