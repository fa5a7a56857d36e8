/** The environment that Lambda gives the function, with the addresses of what stands in for AWS. */
import { testCredentials } from './aws-signature.ts';

export interface Places {
  readonly s3: { readonly endpoint: string; readonly bucket: string };
  readonly ses: { readonly endpoint: string };
  readonly prometheus: { readonly url: string };
}

export function functionEnvironment({ s3, ses, prometheus }: Places): Record<string, string> {
  return {
    AWS_REGION: 'eu-central-1',
    AWS_LAMBDA_FUNCTION_NAME: 'the-function',
    AWS_ACCESS_KEY_ID: testCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: testCredentials.secretAccessKey,
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    AWS_ENDPOINT_URL_SES: ses.endpoint,
    PG_HUNT_PROMETHEUS_URL: prometheus.url,
    PG_HUNT_STORE: `s3://${s3.bucket}`,
    PG_HUNT_MAIL: 'ses',
    PG_HUNT_MAIL_FROM: 'pg-hunt@example.com',
    PG_HUNT_RECIPIENTS: 'ada@example.org',
    PG_HUNT_CONFIGURATION_SET: 'hunt-mail',
    PG_HUNT_CADENCE: 'on-demand',
    PG_HUNT_WINDOW: '20m',
    PG_HUNT_ARCHIVE_URL: 'https://hunt.example.com',
  };
}
