/**
 * References to secrets → the secrets themselves, at the start of a run and for this run only: what was rotated counts the
 * next time. An edge of its own: files, environment, Secrets Manager. No error repeats a value.
 */
import { readFile } from 'node:fs/promises';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type Config, ConfigError } from './config.ts';
import { isReference, type Reference } from './config-schema.ts';

type Prometheus = NonNullable<Config['prometheus']>;
type Postgres = NonNullable<Config['postgres']>;

/** The settings with text wherever there was a reference. */
export interface Revealed {
  readonly prometheus?: Omit<Prometheus, 'password' | 'bearerToken' | 'headers'> & {
    readonly password?: string;
    readonly bearerToken?: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
  readonly postgres?: Omit<Postgres, 'password'> & { readonly password?: string };
}

/** Throws ConfigError with all that cannot be had. `tell` hears of each secret that was referred to. */
export async function revealed(
  { prometheus, postgres }: Pick<Config, 'prometheus' | 'postgres'>,
  tell: (secret: string) => void = () => {},
): Promise<Revealed> {
  const faults: string[] = [];
  const open = opener();
  const text = async (setting: string, value: string | Reference | undefined): Promise<string | undefined> => {
    if (!isReference(value)) return value;
    try {
      const found = await open(value);
      tell(found);
      // Headers are where most of them go, and a line break would begin a second one.
      if (/^[\t -~]*$/.test(found)) return found;
      if (setting.endsWith('password') && !/[\r\n\0]/.test(found)) return found;
      faults.push(`${setting}: ${nameOf(value)} has a line break or characters that no login has`);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      faults.push(`${setting}: ${nameOf(value)} ${error.message}`);
    }
    return undefined;
  };
  const member = async <Name extends string>(setting: string, name: Name, value: string | Reference | undefined) => {
    const found = await text(`${setting}.${name}`, value);
    return (found === undefined ? {} : { [name]: found }) as { readonly [N in Name]?: string }; // one key, or none
  };
  const result: Revealed = {
    ...(prometheus === undefined ? {} : { prometheus: await prometheusOf(prometheus) }),
    ...(postgres === undefined ? {} : { postgres: await postgresOf(postgres) }),
  };
  if (faults.length > 0) throw new ConfigError(faults);
  return result;

  async function postgresOf({ password, ...rest }: Postgres) {
    return { ...rest, ...(await member('postgres', 'password', password)) };
  }

  async function prometheusOf({ password, bearerToken, headers, ...rest }: Prometheus) {
    const all = await Promise.all(
      Object.entries(headers ?? {}).map(([name, value]) => member('prometheus.headers', name, value)),
    );
    return {
      ...rest,
      ...(await member('prometheus', 'password', password)),
      ...(await member('prometheus', 'bearerToken', bearerToken)),
      ...(headers === undefined ? {} : { headers: Object.assign({}, ...all) as Record<string, string> }),
    };
  }
}

/** Its message goes on behind the name of the reference. */
class Unreadable extends Error {}

function nameOf(reference: Reference): string {
  if ('file' in reference) return `file ${reference.file}`;
  return 'env' in reference ? `variable ${reference.env}` : `secret ${reference.secretsManager}`;
}

/** Each secret is fetched once, however many of its fields are wanted. */
function opener(): (reference: Reference) => Promise<string> {
  const secrets = new Map<string, Promise<string>>();
  let client: Promise<SecretsManagerClient> | undefined;
  return async (reference) => {
    if ('file' in reference) return textOf(reference.file);
    if ('env' in reference) {
      const value = process.env[reference.env];
      if (value === undefined || value === '') throw new Unreadable('is not set');
      return value;
    }
    const { secretsManager: name, field } = reference;
    client ??= open();
    const secret = secrets.get(name) ?? fetched(client, name);
    secrets.set(name, secret);
    return field === undefined ? secret : fieldOf(await secret, field);
  };
}

async function textOf(file: string): Promise<string> {
  try {
    // Editors and kubectl end files with a line break that is no part of a secret.
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    throw new Unreadable(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
}

function fieldOf(secret: string, field: string): string {
  let value: unknown;
  try {
    value = JSON.parse(secret);
  } catch {
    throw new Unreadable(`is no JSON, so it has no field ${field}: leave the field out, or store an object`);
  }
  const found =
    typeof value === 'object' && value !== null && Object.hasOwn(value, field) ? value[field as never] : null;
  if (typeof found === 'string' || typeof found === 'number') return String(found);
  throw new Unreadable(`has no field ${field}: check its spelling in Secrets Manager`);
}

/** Only where a secret is wanted: not every machine has a region. */
async function open(): Promise<SecretsManagerClient> {
  const { SecretsManagerClient: Client } = await import('@aws-sdk/client-secrets-manager');
  return new Client({ maxAttempts: 3, requestHandler: { connectionTimeout: 5_000, requestTimeout: 10_000 } });
}

const remedies: Readonly<Record<string, string>> = {
  ResourceNotFoundException: 'does not exist: check its name and the region',
  AccessDeniedException:
    'may not be read: grant secretsmanager:GetSecretValue on it, and kms:Decrypt on a key of your own',
  DecryptionFailure: 'cannot be decrypted: grant kms:Decrypt on its key',
  InvalidRequestException: 'cannot be read now: it may be marked for deletion; restore it',
  ThrottlingException: 'cannot be read now: Secrets Manager is asked too often: run again later',
  ExpiredTokenException: 'cannot be read: the AWS credentials have expired: log in again, or run with a role',
  UnrecognizedClientException: 'cannot be read: the AWS credentials are not valid: check the keys and the region',
  InvalidSignatureException:
    'cannot be read: the signature is not valid: set the clock of this machine, check the keys',
  CredentialsProviderError: 'cannot be read: there are no AWS credentials; log in, or run with a role',
};

async function fetched(client: Promise<SecretsManagerClient>, name: string): Promise<string> {
  const { GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
  let text: string | undefined;
  try {
    const { SecretString } = await (await client).send(new GetSecretValueCommand({ SecretId: name }));
    text = SecretString;
  } catch (error) {
    const kind = error instanceof Error ? error.name : 'unknown';
    const remedy =
      remedies[kind] ?? `cannot be read (${kind}): is Secrets Manager within reach, and is AWS_REGION set?`;
    throw new Unreadable(remedy);
  }
  if (text === undefined || text === '') throw new Unreadable('holds no text: store it as SecretString');
  return text;
}
