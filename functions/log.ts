/** JSON lines, for CloudWatch Logs Insights. Whatever the configuration keeps secret is blackened in all of them. */

type Env = Readonly<Record<string, string | undefined>>;
type Level = 'info' | 'error';

export interface Log {
  (level: Level, message: string, facts?: Readonly<Record<string, unknown>>): void;
  /** Logs it and gives back the error for the runtime, which prints message, stack and causes as they are. */
  failure(error: unknown): Error;
  /** From here on this is blackened as well: what was fetched during the run. */
  hide(secret: string): void;
}

export interface LogOptions {
  readonly requestId: string;
  readonly env: Env;
  readonly write: (line: string) => void;
}

export function createLog({ requestId, env, write }: LogOptions): Log {
  let secrets = inAllSpellings(secretsOf(env));
  const blacken = (text: string): string => secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  const log = (level: Level, message: string, facts: Readonly<Record<string, unknown>> = {}): void => {
    // Values first: as JSON a secret with a quote or a backslash would be spelt differently.
    const line = { level, requestId, message, ...facts };
    write(`${JSON.stringify(line, (_, value) => (typeof value === 'string' ? blacken(value) : value))}\n`);
  };
  return Object.assign(log, {
    hide(secret: string): void {
      secrets = inAllSpellings([...secrets, secret]);
    },
    failure(error: unknown): Error {
      const message = blacken(error instanceof Error ? error.message : String(error));
      const name = error instanceof Error ? error.name : 'Error';
      const stack = error instanceof Error && error.stack !== undefined ? blacken(error.stack) : undefined;
      log('error', message, { error: name, stack });
      const outward = new Error(message);
      outward.name = name;
      if (stack !== undefined) outward.stack = stack;
      return outward;
    },
  });
}

const inAllSpellings = (secrets: readonly string[]): readonly string[] =>
  [
    ...new Set(
      secrets.flatMap((secret) => [secret, decoded(secret), encodeURIComponent(secret.replace(/\p{Cs}/gu, ''))]),
    ),
  ]
    .filter((secret) => secret !== '')
    .sort((left, right) => right.length - left.length);

function secretsOf(env: Env): readonly string[] {
  const given = Object.entries(env).flatMap(([name, value = '']) => {
    // PGPASSWORD and AWS's own are not ours to set, but ours to keep.
    if (/^(PG|AWS_).*(PASSWORD|TOKEN|SECRET_ACCESS_KEY)$/.test(name)) return [value];
    if (name === 'PG_HUNT_CONFIG') return inDocument(value);
    return name.startsWith('PG_HUNT_') && URL.canParse(value) ? inUrl(new URL(value)) : [];
  });
  const basic = `${env.PG_HUNT_PROMETHEUS_USERNAME ?? ''}:${env.PG_HUNT_PROMETHEUS_PASSWORD ?? ''}`;
  return [...given, ...(basic === ':' ? [] : [Buffer.from(basic).toString('base64')])];
}

function inDocument(json: string): readonly string[] {
  const secrets: string[] = [];
  try {
    JSON.parse(json, (key, value: unknown) => {
      if (typeof value !== 'string') return value;
      if (/^(password|bearerToken)$/.test(key)) secrets.push(value);
      if (URL.canParse(value)) secrets.push(...inUrl(new URL(value)));
      return value;
    });
  } catch {
    // readConfig says that it is no JSON.
  }
  return secrets;
}

function inUrl({ protocol, username, password, searchParams }: URL): readonly string[] {
  const named = [...searchParams].flatMap(([name, value]) => (/pass|token|secret|key|sig/i.test(name) ? [value] : []));
  // Of Prometheus, a user without a password is a token.
  const user = password === '' && protocol.startsWith('http') ? [username] : [];
  const basic = password === '' ? [] : [Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')];
  return [...named, ...user, password, ...basic];
}

/** As it is where it is no percent-encoding: what keeps secrets must not fail on one. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
