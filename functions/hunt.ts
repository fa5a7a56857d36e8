/** The Lambda: settings in, clients made, hunt() called. The event is the document of the flags; `{}` is a preview. */
import type { Context } from 'aws-lambda';
import { openClients } from '../lib/clients.ts';
import { type Config, isRecall, metricNames, readConfig } from '../lib/config.ts';
import { DeliveryError } from '../lib/deliver/error.ts';
import { type HuntResult, hunt } from '../lib/hunt.ts';
import { isStanding } from '../lib/model/regression.ts';
import { openStore } from '../lib/store/open.ts';
import { readEvent } from './event.ts';
import { createLog } from './log.ts';
import { metricLine } from './metrics.ts';
import { verify } from './verify.ts';

export interface Answer {
  readonly targets: readonly string[];
  readonly opportunities: number;
  /** New and still open ones; what is calm again is in the report. */
  readonly regressions: number;
  readonly reportUrl: string;
  readonly mailSent: boolean;
}

const write = (line: string) => process.stdout.write(line);

export async function handler(event: unknown, context: Pick<Context, 'awsRequestId'>): Promise<unknown> {
  const now = new Date().toISOString();
  const log = createLog({ requestId: context.awsRequestId, env: process.env, write });
  const functionName = process.env.AWS_LAMBDA_FUNCTION_NAME ?? 'local';
  let cadence = 'unknown';
  const count = (counts: Readonly<Record<string, number>>) =>
    write(metricLine({ at: Date.parse(now), functionName, cadence, counts }));
  try {
    const asked = readEvent(event);
    if ('verify' in asked) return { verified: await verify(asked.verify, { env: process.env, now, log }) };
    const config = readConfig({ env: process.env, flags: asked.request, now });
    if (isRecall(config)) {
      // Loaded when wanted: a hunt does not need it.
      const { recall } = await import('../lib/recall.ts');
      const store = await openStore(config.store);
      const { targets, text, comparisons, page } = await recall(config, store);
      log('info', 'looked back', { targets });
      return {
        targets,
        text,
        comparisons,
        ...(page === null ? {} : { reportUrl: urlOf(page, config, store.location) }),
      };
    }
    cadence = config.cadence;
    log('info', 'hunt begins', { targets: config.targets, cadence, end: config.end ?? now });
    const clients = await openClients(config, log.hide);
    // Lambda repeats a failed event, and may deliver any twice, under the same request id.
    const runId = context.awsRequestId;
    const progress = (step: string, detail?: string) => (detail === undefined ? log('info', step) : undefined);
    const result = await hunt({ ...clients, config, now, runId, progress });
    for (const { target, why } of result.report.failures) log('error', `could not hunt ${target}: ${why}`);
    for (const { id, why } of result.delivered.mailsSkipped) log('info', `did not send ${id}: ${why}`);
    const answer = answerOf(result, config, clients.store.location);
    log('info', 'hunt ends', { ...answer });
    count({
      [metricNames.delivered]: result.delivered.mailsDelivered,
      [metricNames.mailFailures]: 0,
      [metricNames.targets]: answer.targets.length,
      [metricNames.targetsFailed]: result.report.failures.length,
      [metricNames.opportunities]: answer.opportunities,
      [metricNames.regressions]: answer.regressions,
    });
    return answer;
  } catch (error) {
    if (error instanceof DeliveryError) count({ [metricNames.mailFailures]: 1 });
    throw log.failure(error);
  }
}

export function answerOf(
  { report, pages, delivered }: HuntResult,
  config: Pick<Config, 'archiveUrl'>,
  location: string,
): Answer {
  const names = report.targets.map(({ target }) => target);
  const [only, ...others] = names;
  const key = (others.length === 0 && only !== undefined ? pages[only] : undefined) ?? 'index.html';
  return {
    targets: names,
    opportunities: report.targets.reduce((sum, { opportunities }) => sum + opportunities.length, 0),
    regressions: report.targets.flatMap(({ regressions }) => regressions).filter(isStanding).length,
    reportUrl: urlOf(key, config, location),
    mailSent: delivered.mailSent,
  };
}

function urlOf(key: string, { archiveUrl }: Pick<Config, 'archiveUrl'>, location: string): string {
  return `${(archiveUrl ?? location).replace(/\/+$/, '')}/${key.split('/').map(encodeURIComponent).join('/')}`;
}
