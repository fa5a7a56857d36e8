/** JSON lines, for CloudWatch Logs Insights. Whatever the configuration keeps secret is blackened in all of them. */

type Env = Readonly<Record<string, string | undefined>>;
type Level = 'info' | 'error';

export interface Log {
  (level: Level, message: string, facts?: Readonly<Record<string, unknown>>): void;
  /** Logs it and gives back the error for the runtime, which prints message, stack and causes as they are. */
  failure(error: unknown): Error;
}

export interface LogOptions {
  readonly requestId: string;
  readonly env: Env;
  readonly write: (line: string) => void;
}

export function createLog({ requestId, env, write }: LogOptions): Log {
  const secrets = secretsOf(env);
  const blacken = (text: string): string => secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  const log = (level: Level, message: string, facts: Readonly<Record<string, unknown>> = {}): void => {
    // Values first: as JSON a secret with a quote or a backslash would be spelt differently.
    const line = { level, requestId, message, ...facts };
    write(`${JSON.stringify(line, (_, value) => (typeof value === 'string' ? blacken(value) : value))}\n`);
  };
  return Object.assign(log, {
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

function secretsOf(env: Env): readonly string[] {
  return Object.entries(env)
    .flatMap(([name, value = '']) => {
      if (!name.startsWith('PG_HUNT_')) return [];
      if (/PASSWORD|TOKEN/.test(name)) return [value];
      const url = URL.canParse(value) ? new URL(value) : null;
      return url === null || url.password === '' ? [] : [url.password, decodeURIComponent(url.password)];
    })
    .filter((secret) => secret !== '')
    .sort((left, right) => right.length - left.length);
}
