/** Where Prometheus is: an address that is one, and none of a cloud's metadata, which hands out credentials. */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { PrometheusError } from './error.ts';

const linkLocal = new BlockList();
linkLocal.addSubnet('169.254.0.0', 16);
linkLocal.addSubnet('fe80::', 10, 'ipv6');
// The same by way of NAT64.
linkLocal.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
// The same service where it is no link-local address: AWS, Google, Alibaba, Azure, Oracle.
linkLocal.addAddress('fd00:ec2::254', 'ipv6');
linkLocal.addAddress('fd20:ce::254', 'ipv6');
linkLocal.addAddress('100.100.100.200');
linkLocal.addAddress('168.63.129.16');
linkLocal.addAddress('192.0.0.192');

export const linkLocalCode = 'ELINKLOCAL';
export const linkLocalWhy =
  'its address is link-local, where clouds keep the credentials of their machines: give the right address, or set prometheus.allowLinkLocal';

export function parseUrl(text: string, allowLinkLocal: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    // The text is not quoted: what does not parse as an address may well be a password.
    throw new PrometheusError(
      'address',
      'The address of Prometheus is no URL: write it as http://host:9090 or https://host/prefix',
    );
  }
  // All spellings of one address, such as 0xa9fea9fe, are the same by now.
  if (!allowLinkLocal && isLinkLocal(url.hostname.replace(/^\[|\]$/g, ''))) {
    throw new PrometheusError('address', `Prometheus at ${url.host} is not asked: ${linkLocalWhy}`);
  }
  return url;
}

export function userOf(url: URL): { username: string; password: string } | undefined {
  if (url.username === '' && url.password === '') return undefined;
  return { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
}

interface Resolved {
  readonly address: string;
  readonly family: 4 | 6;
}

/** In place of dns.lookup, at each connection: what a name stood for before says nothing about now. */
export async function guardedLookup(host: string, options: object): Promise<[Resolved[]]> {
  const found = await lookup(host, { ...options, all: true });
  if (found.some(({ address }) => isLinkLocal(address))) {
    throw Object.assign(new Error(linkLocalWhy), { code: linkLocalCode });
  }
  return [found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))];
}

function isLinkLocal(host: string): boolean {
  const family = isIP(host);
  return family !== 0 && linkLocal.check(host, family === 6 ? 'ipv6' : 'ipv4');
}
