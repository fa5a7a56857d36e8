/** `--invoke FUNCTION`: the deployed function hunts instead of this machine, and answers with what its event asked for. */
import { ConfigError } from './config.ts';
import type { Flags } from './flags.ts';

/** Lambda's longest run, and a minute for the way. */
const TIMEOUT_MS = 16 * 60_000;
const TAKEN = [
  'invoke',
  'target',
  'window',
  'end',
  'cadence',
  'to',
  'send',
  'force',
  'pinBaseline',
  'unpinBaseline',
  'compare',
  'json',
];

export class InvokeError extends Error {
  override readonly name = 'InvokeError';
}

/** The function's answer as JSON text. Throws ConfigError, and InvokeError with the function's own words. */
export async function invoke(flags: Flags): Promise<string> {
  const {
    invoke: name = '',
    target,
    to,
    window,
    end,
    cadence,
    send,
    force,
    pinBaseline,
    unpinBaseline,
    compare,
  } = flags;
  const others = Object.keys(flags).filter((flag) => !TAKEN.includes(flag));
  if (others.length > 0) {
    const spelt = others.map((flag) => `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
    throw new ConfigError(spelt.map((flag) => `${flag}: has no place beside --invoke; the function has its own`));
  }
  if (name.trim() === '') throw new ConfigError(['--invoke: is empty']);
  const event = {
    targets: target,
    recipients: to,
    window,
    end,
    cadence,
    send,
    force,
    pinBaseline,
    unpinBaseline,
    compare,
  };
  // Loaded when needed: the AWS client is slow to start.
  const { InvokeCommand, LambdaClient } = await import('@aws-sdk/client-lambda');
  const client = new LambdaClient({
    maxAttempts: 1, // a hunt that is asked for twice is hunted twice
    requestHandler: { connectionTimeout: 5_000, requestTimeout: TIMEOUT_MS, throwOnRequestTimeout: true },
  });
  const { FunctionError: failed, Payload } = await client
    .send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }))
    .catch((error: unknown) => {
      const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      throw new InvokeError(`cannot invoke ${name}: ${why}. Check name, region and lambda:InvokeFunction`);
    });
  const text = new TextDecoder().decode(Payload);
  if (failed === undefined) return text;
  throw new InvokeError(`${name} failed: ${messageIn(text)}`);
}

/** Lambda wraps what was thrown: `{ errorType, errorMessage, trace }`. */
function messageIn(text: string): string {
  try {
    const thrown: unknown = JSON.parse(text);
    if (typeof thrown === 'object' && thrown !== null && 'errorMessage' in thrown) return String(thrown.errorMessage);
  } catch {
    // Then its words are all there is.
  }
  return text;
}
