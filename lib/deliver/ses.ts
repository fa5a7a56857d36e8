/** Mail through SES. It has no idempotency token: what is sent again is sent twice, so nothing is retried blindly. */
import { setTimeout as pause } from 'node:timers/promises';
import { SESClient, SESServiceException, SendRawEmailCommand } from '@aws-sdk/client-ses';
import type { Mailbox } from '../model/objects.ts';
import { DeliveryError } from './error.ts';
import { checkAddress, compose } from './mime.ts';

/** Of the v1 API. */
const MAX_MESSAGE_BYTES = 10_000_000;
const MAX_TRIES = 5;
const FIRST_PAUSE_MS = 500;
/** Errors before the connection stood: the message cannot have been taken. */
const NEVER_CONNECTED = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH/;

export interface SesOptions {
  /** Must have maxAttempts 1. */
  readonly client?: SESClient;
  readonly configurationSet?: string | undefined;
  readonly sleep?: (ms: number) => Promise<unknown>;
}

export function createSesMailbox({ client = defaultClient(), configurationSet, sleep = pause }: SesOptions): Mailbox {
  return {
    location: 'ses',
    async send(message, date) {
      const [recipient, ...others] = message.to;
      if (recipient === undefined || others.length > 0) {
        // One bad address would refuse all of them, and each would see the others.
        throw new DeliveryError(`${message.id}: SES takes one recipient a message`, { sent: 'no' });
      }
      if ((await client.config.maxAttempts()) !== 1) throw new Error('the SES client must not repeat requests itself');
      const bytes = await compose(message, date);
      if (bytes.length > MAX_MESSAGE_BYTES) {
        throw new DeliveryError(`${message.id}: ${bytes.length} bytes are more than SES takes`, { sent: 'no' });
      }
      const command = new SendRawEmailCommand({
        Source: message.from,
        Destinations: [checkAddress(recipient)],
        RawMessage: { Data: bytes },
        ...(configurationSet === undefined ? {} : { ConfigurationSetName: configurationSet }),
      });
      for (let attempt = 1; ; attempt += 1) {
        try {
          const { MessageId } = await client.send(command);
          // What stands between, such as a sign-in page, answers 200 as well, and to the SDK that is success.
          if (MessageId === undefined) throw new Error('the answer has no MessageId: it is none of SES');
          return { messageId: MessageId };
        } catch (error) {
          if (attempt === MAX_TRIES || !isWorthAnotherTry(error)) throw failure(message.id, recipient, error);
          await sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1));
        }
      }
    },
  };
}

function defaultClient(): SESClient {
  return new SESClient({
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
  });
}

function isWorthAnotherTry(error: unknown): boolean {
  return isThrottled(error) || NEVER_CONNECTED.test(codeOf(error));
}

function isThrottled(error: unknown): boolean {
  return error instanceof SESServiceException && /Throttl/.test(error.name);
}

/** A refusal (4xx) is an answer: not sent. Silence, a cut connection or a 5xx is none. */
function sentOf(error: unknown): 'no' | 'unknown' {
  if (NEVER_CONNECTED.test(codeOf(error))) return 'no';
  if (error instanceof SESServiceException) {
    const status = error.$metadata.httpStatusCode ?? 500;
    return status >= 400 && status < 500 ? 'no' : 'unknown';
  }
  // Thrown before any request: no credentials, no region.
  return /CredentialsProviderError/.test(error instanceof Error ? error.name : '') ||
    /region is missing/i.test(error instanceof Error ? error.message : '')
    ? 'no'
    : 'unknown';
}

const remedies: readonly (readonly [RegExp, string])[] = [
  [/not verified/i, 'Verify the sender in SES; in the sandbox also each recipient'],
  [/ExpiredToken/, 'The AWS credentials have expired: log in again, or run with a role'],
  [/InvalidClientTokenId|InvalidAccessKeyId/, 'AWS does not know these credentials: check the keys and the region'],
  [/Signature expired|Signature not yet current|TooSkewed|RequestExpired/i, 'Set the clock of this machine right'],
  [/AccessDenied/, 'Grant ses:SendRawEmail on the identity and on the configuration set'],
  [/ConfigurationSetDoesNotExist/, 'Create the configuration set or correct its name'],
  [/Throttl/, 'The sending rate or the daily quota is used up: run again later'],
  [/it is none of SES/, 'Look for a proxy or a sign-in page between, and check AWS_ENDPOINT_URL_SES'],
  [/CredentialsProviderError/, 'Give AWS credentials: AWS_PROFILE, or a role'],
  [/region is missing/i, 'Set AWS_REGION'],
  [NEVER_CONNECTED, 'SES cannot be reached: check the network, or the email endpoint of the VPC'],
];

function failure(id: string, recipient: string, error: unknown): DeliveryError {
  const name = error instanceof Error && error.name !== 'Error' ? `${error.name}: ` : '';
  const why = `${name}${error instanceof Error ? error.message : String(error)}`;
  const remedy = remedies.find(([pattern]) => pattern.test(`${why} ${codeOf(error)}`))?.[1];
  const sent = sentOf(error);
  return new DeliveryError(
    `SES did not confirm ${id} to ${recipient}: ${why}${remedy === undefined ? '' : `. ${remedy}`}`,
    { cause: error, sent },
  );
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
