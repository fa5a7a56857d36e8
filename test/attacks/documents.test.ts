/** Documents that an attacker wrote: configuration, event, history, answers of Prometheus, and what a spreadsheet is given. */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { readEvent } from '../../functions/event.ts';
import { loadParser } from '../../lib/advise/sql/parse.ts';
import { elementReader, parseAnswer } from '../../lib/collect/prometheus/response.ts';
import { loadNormaliser } from '../../lib/collect/text.ts';
import { decodeHistory, HistoryError } from '../../lib/compare/history.ts';
import { ConfigError, readConfig } from '../../lib/config.ts';
import { csvFiles } from '../../lib/report/csv.ts';
import { aBusyReport } from '../support/busy-report.ts';
import { infected } from '../support/hostile.ts';
import { corpus, everyText, hostileText, pollution, runs } from './hostile-text.ts';

afterEach(() => expect(pollution()).toEqual([]));

const NOW = '2026-11-22T15:00:00.000Z';
const SECRET = 'canary-4711';
const keys = [
  ...['prometheus', 'postgres', 'url', 'password', 'bearerToken', 'headers', 'targets', 'window', 'end', 'cadence'],
  ...['store', 'mail', 'mailFrom', 'recipients', 'decisions', 'targetRules', 'rename', 'groups', 'measures', 'prices'],
  ...[
    'verify',
    'send',
    'force',
    'unsubscribe',
    'mailto',
    'secretsManager',
    'cloudwatch',
    'archiveUrl',
    'userExperience',
  ],
  ...corpus.object,
];

/** As JSON can say it: `__proto__` is a key like any other there, and may come twice. */
const json: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(
      hostileText.map((text) => JSON.stringify(text)),
      fc.constantFrom('1e999', '-1e999', '1e-999', '9'.repeat(400), '-0', 'null', 'true', '{}', '[]', '0'),
      fc.constantFrom('"http://a"', '"postgres://a/b"', '"7d"', `"${NOW}"`, '"weekly"', '"ses"', '"a@example.com"'),
    ),
    fc.array(tie('value'), { maxLength: 3 }).map((parts) => `[${parts.join(',')}]`),
    fc
      .array(fc.tuple(fc.constantFrom(...keys), tie('value')), { maxLength: 5 })
      .map((pairs) => `{${pairs.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`),
  ),
})).value;

const deep = (levels: number, key = 'prometheus') => `${`{"${key}":`.repeat(levels)}1${'}'.repeat(levels)}`;

/** What came of it: refused in our words, or taken. Anything else is a crash. */
function refusals(work: () => unknown): readonly string[] {
  try {
    work();
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults;
  }
}

describe('a configuration', () => {
  it('of any shape is taken or refused in words, by file, variable and flags', () => {
    fc.assert(
      fc.property(json, json, json, (file, variable, flags) => {
        const given: unknown = JSON.parse(flags);
        refusals(() =>
          readConfig({
            env: { PG_HUNT_CONFIG: variable },
            file: JSON.parse(file) as unknown,
            flags: typeof given === 'object' && given !== null && !Array.isArray(given) ? { ...given } : {},
            now: NOW,
          }),
        );
        expect(pollution()).toEqual([]);
      }),
      runs(300),
    );
  });

  it('however deep or large is refused in time', () => {
    for (const text of [deep(100_000), deep(100_000, '__proto__'), `{"targets":[${'"x",'.repeat(200_000)}""]}`]) {
      const both = { env: { PG_HUNT_CONFIG: text }, file: JSON.parse(text) as unknown, now: NOW };
      expect(refusals(() => readConfig(both)).length).toBeGreaterThan(0);
    }
  });

  it('that is wrong is not repeated where it could be a secret', () => {
    const wrong = [SECRET, [SECRET], { [SECRET.slice(0, 6)]: SECRET }, { secretsManager: [SECRET] }];
    for (const value of wrong) {
      const prometheus = { url: value, password: value, bearerToken: [value], headers: value, allowLinkLocal: value };
      const faults = refusals(() =>
        readConfig({ env: {}, file: { prometheus, postgres: value, window: value }, now: NOW }),
      );
      expect(faults.length).toBeGreaterThan(2);
      expect(faults.join('\n')).not.toContain(SECRET);
    }
  });
});

describe('an event', () => {
  it('of any shape is taken or refused in words', () => {
    fc.assert(
      fc.property(json, (text) => {
        refusals(() => {
          const asked = readEvent(JSON.parse(text));
          if ('request' in asked) {
            const env = { PG_HUNT_PROMETHEUS_URL: 'http://here' };
            const config = readConfig({ env, flags: asked.request, now: NOW });
            // Where the databases are is never the invoker's to say.
            expect([config.prometheus, config.postgres]).toEqual([{ url: 'http://here' }, undefined]);
            expect([config.store, config.mailFrom]).toEqual(['./out', 'pg-hunt@localhost.localdomain']);
          }
        });
      }),
      runs(300),
    );
    expect(refusals(() => readEvent(JSON.parse(deep(100_000)))).length).toBeGreaterThan(0);
    expect(refusals(() => readEvent(JSON.parse('{"__proto__":{"send":true}}'))).length).toBeGreaterThan(0);
  });
});

describe('a history', () => {
  const decoded = (bytes: Uint8Array) => {
    try {
      return decodeHistory(bytes, 'history/x');
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error;
      return null;
    }
  };

  it('of any shape or bytes is damaged in words', () => {
    fc.assert(
      fc.property(json, fc.uint8Array(), (text, bytes) => {
        expect(decoded(gzipSync(text))).toBeNull();
        expect(decoded(bytes)).toBeNull();
      }),
      runs(200),
    );
    expect(decoded(gzipSync(`{"version":2,"tracked":${deep(100_000)}}`))).toBeNull();
  });

  it('that would unpack into all of the memory does not', () => {
    const before = process.memoryUsage().rss;
    expect(decoded(gzipSync(Buffer.alloc(300 * 1024 * 1024, ' ')))).toBeNull();
    expect(process.memoryUsage().rss - before).toBeLessThan(1024 ** 3);
  });
});

describe('an answer of Prometheus', () => {
  it('of any shape gives numbers and labels, or an error', () => {
    const read = elementReader();
    fc.assert(
      fc.property(json, json, fc.constantFrom(...corpus.number, '7'), hostileText, (metric, value, number, label) => {
        const elements = [
          `{"metric":${metric},"value":[1,${JSON.stringify(number)}]}`,
          `{"metric":{${JSON.stringify(label)}:"x","__proto__":"y"},"value":[1,${JSON.stringify(number)}]}`,
          `{"metric":{"a":${JSON.stringify(label)}},"value":${value}}`,
          `{"metric":{"a":"b"},"values":[[1,${JSON.stringify(number)}],[1e999,"1"]]}`,
        ].flatMap((text) => {
          try {
            return [read(text)];
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
            return [];
          }
        });
        for (const resultType of ['vector', 'matrix']) {
          const { samples, series } = parseAnswer(
            { status: 'success', data: { resultType, result: [] } },
            [],
            undefined,
            elements,
          );
          expect(samples.filter((one) => !Number.isFinite(one.value))).toEqual([]);
          expect(series.flatMap(({ values }) => values).filter((one) => one !== null && !Number.isFinite(one))).toEqual(
            [],
          );
          const labels = [...samples, ...series].flatMap((one) => Object.values(one.labels));
          expect(labels.filter((one) => typeof one !== 'string' || /\p{Cs}/u.test(one))).toEqual([]);
        }
        expect(pollution()).toEqual([]);
      }),
      runs(300),
    );
  });
});

describe('a spreadsheet', () => {
  it('is given no formula, whatever a name begins with', () => {
    const begins = (text: string) => {
      const [target] = infected(aBusyReport(), text).targets;
      for (const [name, csv] of csvFiles(target ?? expect.fail('no target'))) {
        const cells = csv.slice(1).matchAll(/(?<=^|,|\n)(?:"((?:[^"]|"")*)"|([^",\r\n]*))(?=,|\r\n|$)/g);
        for (const [, quoted, plain = ''] of cells) {
          const cell = quoted?.replaceAll('""', '"') ?? plain;
          if (/^[-+]?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(cell)) continue;
          expect(cell, name).not.toMatch(/^[\s\p{Cc}\p{Cf}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/u);
        }
      }
    };
    for (const text of everyText) begins(text);
    fc.assert(fc.property(hostileText, begins), runs(20));
  });
});

describe('a statement', () => {
  it('however deep, long or unfinished is read or left out, in time, and the next one is read', async () => {
    const [normalise, parse] = [await loadNormaliser(), await loadParser()];
    const texts = [
      // Each took the scanner a quarter of a minute: together they outlast a test.
      ...Array.from({ length: 6 }, (_, at) => '/*'.repeat(49_000 + at)),
      '/*+'.repeat(30_000),
      `SELECT ${'('.repeat(49_000)}`,
      `SELECT ${'(SELECT '.repeat(880)}1${')'.repeat(880)}`,
      `SELECT 1 ${'UNION SELECT 1 '.repeat(6_000)}`,
      `SELECT 1 FROM a ${'JOIN b USING (x) '.repeat(5_000)}`,
      `SELECT ${'NOT '.repeat(20_000)}true`,
      `SELECT ${'$a$'.repeat(30_000)}`,
      `SELECT '${"''".repeat(40_000)}`,
      `SELECT ${'"'.repeat(90_000)}`,
      ...everyText,
    ];
    for (const text of texts) {
      normalise(text);
      expect(() => parse(text)).not.toThrow();
      expect(normalise('SELECT 1').text).toBe('SELECT $1');
      expect(parse(`SELECT ${text.length}`)).not.toBeNull();
    }
  });
});
