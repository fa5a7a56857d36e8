/** What strangers write where a name or a text is expected, and how many of them a property is tried with. */
import fc from 'fast-check';

/** By what each is aimed at. Names of PostgreSQL have no NUL and at most 63 bytes; labels and documents know no such limit. */
export const corpus = {
  markup: [
    '<img src=x onerror=1>',
    '</mj-text></mj-raw><mj-include path="/etc/passwd"/>',
    '</td></tr></table><script>1</script>',
    '"\'><a href="javascript:1">',
    '<!--',
    ']]><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;',
    '&lt;b&gt;&#60;&colon;',
    '[[x]] {{x}} $(x) <%= x %>',
    '<svg/onload=1>',
    '<style>*{}</style>',
    'x" style="background:url(//evil.example)',
  ],
  header: [
    'a\r\nBcc: evil@example.com\r\n\r\nbody',
    'x\u2028Bcc: y',
    '=?utf-8?Q?=0D=0ABcc:_x?=',
    'x\u0085Cc: y',
    'a\vb\fc',
  ],
  path: [
    '../../etc/passwd',
    '..',
    '.',
    '%2e%2e%2f',
    'a/b\\c',
    'C:\\x',
    'con',
    '.pg-hunt',
    '%00',
    '//evil.example/x',
    's3://x',
  ],
  formula: [
    "=cmd|' /C calc'!A0",
    '+1+1',
    '-2+3',
    '@SUM(1)',
    '\t=1',
    '\r=1',
    '＝1',
    ' =1',
    '"=1',
    '=1,"x"\r\n=2',
    '|x',
    '%x',
  ],
  sql: [
    '"; DROP TABLE x; --',
    "'; DROP TABLE x; --",
    '$$; DROP TABLE x; $$',
    '*/ DROP TABLE x /*',
    "\\'; DROP TABLE x --",
    'a"b',
    "a'b\\c",
    '\\0041',
    'U&"x"',
    'select',
    'a.b',
    '$1',
    ':x',
    'X',
    '1a',
    '',
  ],
  unseen: [
    'a\u202Eb\u2066c',
    'a\u200Bb\u00ADc',
    '\uFEFFa',
    'a\u{E0041}b',
    '  two  ',
    '\u00A0\u3000',
    '\u0000',
    'e\u001b[31m',
    '\u0007',
  ],
  unicode: [
    '\ud800',
    'a\udc00',
    '🦊'.repeat(15),
    'ﷺ'.repeat(20),
    'Z\u0351\u036b\u0343'.repeat(12),
    'İıſK',
    'ß'.repeat(40),
  ],
  object: ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__', 'then', 'length'],
  number: ['NaN', 'Infinity', '-0', '1e999', '0x10', '9'.repeat(400), '1_000', '٣', 'null', 'undefined', 'true'],
  regexp: ['('.repeat(50), 'a'.repeat(20_000), '.*+?^$()|[]\\{2}', '%s%n%x', '*'.repeat(30), 'x'.repeat(63), '|||'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export const everyText: readonly string[] = Object.values(corpus).flat();

const piece = fc.oneof(fc.constantFrom(...everyText), fc.string({ unit: 'binary', maxLength: 20 }));

/** Any text: one of the corpus, several of them together, or noise. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  piece,
  fc.array(piece, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('')),
);

/** As PostgreSQL would keep it: whole characters, no NUL, 1 to 63 bytes. */
export const hostileName: fc.Arbitrary<string> = hostileText.map((text) => nameOf(text)).filter((text) => text !== '');

function nameOf(text: string): string {
  let name = '';
  for (const sign of text.replaceAll('\0', '').replace(/\p{Cs}/gu, '')) {
    if (Buffer.byteLength(name + sign) > 63) break;
    name += sign;
  }
  return name;
}

/** Few in npm test; the end-to-end suite sets ATTACK_RUNS. A failure prints the seed that repeats it. */
export const runs = (usual: number): { readonly numRuns: number } => ({
  numRuns: usual * Number(process.env.ATTACK_RUNS ?? 1),
});

/** What an attacker could have reached besides the answer. */
export function pollution(): readonly string[] {
  return [Object.prototype, Array.prototype, Function.prototype].flatMap((one) => Object.keys(one));
}
