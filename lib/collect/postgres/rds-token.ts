/** RDS IAM authentication: instead of a password a token, made here without a call, good for 15 minutes. */
import { PostgresError } from './errors.ts';

/** What pg asks for the password with, so that each connection has a token of its own. */
export function rdsToken(address: URL): () => Promise<string> {
  const { hostname, port, username } = address;
  const [, region] = /\.([a-z]{2}(?:-[a-z]+)+-\d)\.rds\.amazonaws\.com(?:\.cn)?$/.exec(hostname) ?? [];
  if (region === undefined) {
    throw new PostgresError(
      `${hostname} is no endpoint of RDS: a token is good for the name it was made for, so give that one, or a password.`,
    );
  }
  return async () => {
    // Loaded when needed: few log in like this.
    const { Signer } = await import('@aws-sdk/rds-signer');
    const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
    const user = { hostname, port: Number(port || 5432), username: decodeURIComponent(username) };
    // Given, because the signer's own way brings every provider there is.
    return new Signer({ ...user, region, credentials: defaultProvider() }).getAuthToken();
  };
}
