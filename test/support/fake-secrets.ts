/** Secrets Manager for tests: GetSecretValue of the secrets it is given. */
import { type AwsFault, AwsRefusal, type FakeAwsJson, startFakeAwsJson } from './fake-aws-json.ts';

export function startFakeSecrets(
  secrets: Readonly<Record<string, string | AwsRefusal>>,
  fault?: (before: number) => AwsFault | undefined,
): Promise<FakeAwsJson> {
  return startFakeAwsJson({
    service: 'secretsmanager',
    target: 'secretsmanager.GetSecretValue',
    version: '1.1',
    ...(fault === undefined ? {} : { fault }),
    answer: ({ SecretId: id, ...rest }) => {
      if (typeof id !== 'string' || Object.keys(rest).length > 0) throw new AwsRefusal('InvalidParameterException');
      const secret = Object.hasOwn(secrets, id) ? secrets[id] : undefined;
      if (secret instanceof AwsRefusal) throw secret;
      if (secret === undefined) throw new AwsRefusal('ResourceNotFoundException', "can't find the specified secret.");
      return { ARN: `arn:aws:secretsmanager:eu-west-1:1:secret:${id}-AbCdEf`, Name: id, SecretString: secret };
    },
  });
}
