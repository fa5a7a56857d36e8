/** Bytes of a mail part as it is sent; clients clip by that, not by the length of the string. */

/** The smaller of quoted-printable and base64, which is what a MIME builder chooses. */
export function encodedSize(text: string): number {
  const bytes = Buffer.from(text, 'utf8');
  let printable = 0;
  for (const byte of bytes) printable += byte === 10 || (byte >= 32 && byte < 127 && byte !== 61) ? 1 : 3;
  const quoted = Math.ceil(printable * (1 + 3 / 76)); // a soft line break every 76 characters
  return Math.min(quoted, base64Size(bytes));
}

export function base64Size({ length }: Uint8Array): number {
  return Math.ceil((length / 3) * 4 * (1 + 2 / 76));
}
