/** The Lambda: settings in, clients made, hunt() called. The event is the document of the flags; `{}` is a plain run. */
import type { Context } from 'aws-lambda';
import { openClients } from '../lib/clients.ts';
import { type Config, ConfigError, readConfig } from '../lib/config.ts';
import { requestSchema } from '../lib/config-schema.ts';
import { type HuntResult, hunt } from '../lib/hunt.ts';
import { isStanding } from '../lib/model/regression.ts';
import { createLog } from './log.ts';

export interface Answer {
  readonly targets: readonly string[];
  readonly opportunities: number;
  /** New and still open ones; what is calm again is in the report. */
  readonly regressions: number;
  readonly reportUrl: string;
  readonly mailSent: boolean;
}

export async function handler(event: unknown, context: Pick<Context, 'awsRequestId'>): Promise<Answer> {
  const now = new Date().toISOString();
  const log = createLog({
    requestId: context.awsRequestId,
    env: process.env,
    write: (line) => process.stdout.write(line),
  });
  try {
    const config = readConfig({ env: process.env, flags: requestOf(event), now });
    log('info', 'hunt begins', { targets: config.targets, cadence: config.cadence, end: config.end ?? now });
    const clients = await openClients(config);
    // Lambda repeats a failed event, and may deliver any twice, under the same request id.
    const runId = context.awsRequestId;
    const progress = (step: string, detail?: string) => (detail === undefined ? log('info', step) : undefined);
    const result = await hunt({ ...clients, config, now, runId, progress });
    for (const { target, why } of result.report.failures) log('error', `could not hunt ${target}: ${why}`);
    for (const { id, why } of result.delivered.mailsSkipped) log('info', `did not send ${id}: ${why}`);
    const answer = answerOf(result, config, clients.store.location);
    log('info', 'hunt ends', { ...answer });
    return answer;
  } catch (error) {
    throw log.failure(error);
  }
}

/** Where the databases are and who may send is settled by the stack; an event only says what to hunt. */
function requestOf(event: unknown): Record<string, unknown> {
  if (event === null || event === undefined) return {};
  if (typeof event !== 'object' || Array.isArray(event)) throw new ConfigError(['the event: is no JSON object']);
  const known = Object.keys(requestSchema.shape);
  const unknown = Object.keys(event).filter((key) => !known.includes(key));
  if (unknown.length > 0) {
    throw new ConfigError(unknown.map((key) => `${key}: no such key of an event; there are ${known.join(', ')}`));
  }
  return { ...event };
}

export function answerOf(
  { report, pages, delivered }: HuntResult,
  config: Pick<Config, 'archiveUrl'>,
  location: string,
): Answer {
  const names = report.targets.map(({ target }) => target);
  const [only, ...others] = names;
  const key = (others.length === 0 && only !== undefined ? pages[only] : undefined) ?? 'index.html';
  const base = config.archiveUrl ?? location;
  return {
    targets: names,
    opportunities: report.targets.reduce((sum, { opportunities }) => sum + opportunities.length, 0),
    regressions: report.targets.flatMap(({ regressions }) => regressions).filter(isStanding).length,
    reportUrl: `${base.replace(/\/+$/, '')}/${key.split('/').map(encodeURIComponent).join('/')}`,
    mailSent: delivered.mailSent,
  };
}
