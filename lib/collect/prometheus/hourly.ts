/**
 * The statements of the window hour by hour: the increase of each whole hour of UTC, by range queries. Prometheus
 * extrapolates an increase to the edges of its hour, and the value a series is born with is in no increase: the first hour
 * of a statement that is new, or that the exporter's limit lets in again, is too small by what came before its first
 * sample. Hours that were scraped too seldom are null.
 */
import type { Gap, Window } from '../../model/snapshot.ts';
import { askAll } from './ask.ts';
import type { PrometheusSource } from './client.ts';
import { PrometheusError } from './error.ts';
import { type AskedOfWindow, HOUR, hourlyQuestions, wholeHours } from './hourly-questions.ts';
import { joinHours } from './hourly-rows.ts';
import { named } from './naming.ts';
import type { Scope } from './promql.ts';
import { answerNotes } from './quality.ts';
import type { PrometheusTarget } from './read.ts';
import type { Joined } from './rows.ts';
import type { Servers } from './servers.ts';
import type { Telling } from './telling.ts';

export interface HoursInput {
  readonly source: PrometheusSource;
  readonly window: Window;
  readonly scope: Scope;
  readonly asked: readonly AskedOfWindow[];
  readonly joined: ReadonlyMap<string, Joined>;
  readonly servers: Servers;
  readonly telling: Telling;
}

/** The same targets with their hours, and with a gap where those could not be had. Never throws PrometheusError. */
export async function withHours(
  targets: readonly PrometheusTarget[],
  input: HoursInput,
): Promise<readonly PrometheusTarget[]> {
  const { source, window, scope, joined, servers, telling } = input;
  const hours = wholeHours(window);
  const questions = hours === null ? [] : hourlyQuestions(input.asked, hours, scope);
  if (hours === null || questions.length === 0) return targets;
  const [first, last] = [hours.start + HOUR, hours.start + hours.count * HOUR];
  const ask = (promql: string, what?: string) => source.queryRange(promql, first, last, HOUR, what);
  try {
    const { asked, failed } = await askAll(questions, ask, undefined, source.requestsLeft);
    const answers = asked.map(({ question, answer }) => ({
      question,
      answer: named(answer, question.ask.dialects[0], telling),
    }));
    const found = joinHours(answers, hours, joined, servers);
    const notes = answerNotes(asked.map(({ answer }) => answer));
    const lost = [...new Set(failed.map(({ error }) => error.message))].map(unreachable);
    return targets.map((target): PrometheusTarget => {
      if (target.statements.length === 0) return target;
      const own = found.get(target.name);
      return {
        ...target,
        ...(own === undefined ? {} : { hourly: own.hourly }),
        gaps: [...target.gaps, ...(own === undefined && lost.length === 0 ? [noHour] : lost)],
        sources: [...target.sources, ...(own?.sources ?? [])],
        notes: [...new Set([...target.notes, ...notes])],
      };
    });
  } catch (error) {
    if (!(error instanceof PrometheusError)) throw error;
    const gap = unreachable(error.message);
    return targets.map((target) =>
      target.statements.length === 0 ? target : { ...target, gaps: [...target.gaps, gap] },
    );
  }
}

const gap = { kind: 'statement', measures: ['hourly'], source: 'prometheus' } as const;

const unreachable = (why: string): Gap => ({
  ...gap,
  absence: 'unreachable',
  reason: why,
  remedy: 'Run again; if it stays, narrow the window or look into the log of Prometheus.',
});

const noHour: Gap = {
  ...gap,
  absence: 'no-history',
  reason: 'No whole hour of the window has enough samples of the statements, so nothing is known hour by hour.',
  remedy: 'Scrape the exporter every few minutes or more often.',
};
