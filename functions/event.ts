/** What an event asks for. Where the databases are and who sends is settled by the stack; an event only says what to hunt. */
import { ConfigError } from '../lib/config.ts';
import { requestSchema, type Verify, verifySchema } from '../lib/config-schema.ts';

export type Asked = { readonly request: Readonly<Record<string, unknown>> } | { readonly verify: Verify };

/** Throws ConfigError. The values of a request are checked by readConfig. */
export function readEvent(event: unknown): Asked {
  const given: unknown = event ?? {};
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new ConfigError(['the event: is no JSON object']);
  }
  if ('verify' in given) return readVerify(given);
  const known = Object.keys(requestSchema.shape);
  const unknown = Object.keys(given).filter((key) => !known.includes(key));
  if (unknown.length > 0) {
    throw new ConfigError(unknown.map((key) => `${key}: no such key of an event; there are ${known.join(', ')}`));
  }
  const request: Record<string, unknown> = { ...given };
  // Whoever invokes it to see what happens mails nobody.
  return { request: { ...request, send: request.send ?? request.force === true } };
}

function readVerify({ verify, ...others }: { readonly verify: unknown }): Asked {
  const faults = Object.keys(others).map((key) => `${key}: has no place beside verify`);
  const parsed = verifySchema.safeParse(verify);
  if (!parsed.success) {
    faults.push(...parsed.error.issues.map(({ path, message }) => `verify.${path.join('.')}: ${message}`));
  }
  if (faults.length > 0 || parsed.data === undefined) throw new ConfigError(faults);
  return { verify: parsed.data };
}
