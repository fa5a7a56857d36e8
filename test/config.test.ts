import { describe, expect, it } from 'vitest';
import { awsPlace, ConfigError, type ConfigInput, readConfig } from '../lib/config.ts';

const now = '2026-11-22T15:00:00.000Z';
const read = (input: Partial<ConfigInput>) => readConfig({ env: {}, now, ...input });
const prometheus = { url: 'http://prometheus.example:9090' };

function faultsOf(input: Partial<ConfigInput>): readonly string[] {
  try {
    read(input);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('readConfig', () => {
  it('needs a source and fills in the rest', () => {
    expect(read({ flags: { prometheus } })).toMatchObject({
      windowSeconds: 604_800,
      cadence: 'weekly',
      store: './out',
      mail: './out/mail',
      targets: [],
      send: true,
      force: false,
    });
  });

  it('tells all faults at once, each by its flag and variable', () => {
    const faults = faultsOf({
      env: { PG_HUNT_PROMETHEUS_URL: 'prometheus:9090', PG_HUNT_CADENCE: 'daily', PG_HUNT_STROE: 'x' },
      flags: { window: '4m', end: 'yesterday', postgres: { url: 'mysql://x' } },
    });
    expect(faults).toHaveLength(6);
    const all = faults.join('\n');
    expect(all).toContain('prometheus.url (--prometheus, PG_HUNT_PROMETHEUS_URL): is no http:// or https:// URL');
    expect(all).toContain('postgres.url (--postgres, PG_HUNT_POSTGRES_URL): is no postgres:// URL');
    expect(all).toContain('window (--window, PG_HUNT_WINDOW): must be 5m or more');
    expect(all).toContain('end (--end): is no ISO 8601 time');
    expect(all).toContain('cadence (--cadence, PG_HUNT_CADENCE)');
    expect(all).toContain('PG_HUNT_STROE: no such variable');
  });

  it('says what is wrong in words of its own, with the name of the flag', () => {
    const faults = faultsOf({
      file: { prometheus: { password: 's3cret' }, send: 'no', targets: 'a', recipients: ['ada@example.org', 'bob'] },
      flags: {
        store: 'gs://bucket',
        mail: 'smtp://host',
        mailFrom: 'x',
        archiveUrl: 'x',
        window: '99y',
        cadence: 'daily',
      },
    });
    expect(faults).toEqual([
      'targets (--target, PG_HUNT_TARGETS): must be a list',
      'window (--window, PG_HUNT_WINDOW): must be 5y or less',
      'cadence (--cadence, PG_HUNT_CADENCE): is none of weekly, monthly, quarterly, on-demand',
      'send: must be true or false',
      'recipients (--to, PG_HUNT_RECIPIENTS)[1]: is no mail address',
      'prometheus.url (--prometheus, PG_HUNT_PROMETHEUS_URL): is missing',
      'store (--store, PG_HUNT_STORE): is neither a folder nor s3://bucket/prefix',
      'mail (--mail, PG_HUNT_MAIL): is neither a folder nor the word ses',
      'mailFrom (--mail-from, PG_HUNT_MAIL_FROM): is no mail address',
      'archiveUrl (--archive-url, PG_HUNT_ARCHIVE_URL): is no http:// or https:// URL',
    ]);
  });

  it('takes real weeks only, one wish at a time, and needs no source to look back', () => {
    const from = '2026-W53';
    const env = {};
    expect(read({ env, flags: { compare: { from, to: '2026-11-22' } } }).compare).toEqual({ from, to: '2026-11-22' });
    expect(read({ env, flags: { pinBaseline: '2026-11-22T06:00:00+01:00' } }).pinBaseline).toContain('2026-11-22');
    expect(faultsOf({ env, flags: { compare: { from: '2025-W53', to: 'last' } } })).toEqual([
      'compare.from (--compare FROM..TO): is no week, such as 2026-W47 or 2026-11-22',
      'compare.to (--compare FROM..TO): is no week, such as 2026-W47 or 2026-11-22',
    ]);
    expect(faultsOf({ env, flags: { pinBaseline: '2026-02-30' } })).toEqual([
      'pinBaseline (--pin-baseline): is no week, such as 2026-W47 or 2026-11-22',
    ]);
    expect(faultsOf({ env, flags: { unpinBaseline: true, pinBaseline: true } })).toEqual([
      'compare, pinBaseline and unpinBaseline: one at a time',
    ]);
  });

  it('says how to write a percent sign of a password', () => {
    const faults = faultsOf({ flags: { postgres: { url: 'postgres://u:100%s3cret@db/shop' } } });
    expect(faults).toEqual([expect.stringContaining('has a bare % in its user or password: write %25 for it')]);
    expect(faultsOf({ flags: { postgres: { url: 'postgres://u:100%25@db/shop' } } })).toEqual([]);
  });

  it('refuses an empty place', () => {
    expect(faultsOf({ flags: { prometheus, store: '' } })).toEqual(['store (--store, PG_HUNT_STORE): is empty']);
  });

  it('never repeats a secret in a fault', () => {
    const faults = faultsOf({
      flags: { prometheus: { url: 'ftp://u:s3cret@host', bearerToken: 7 }, postgres: { url: 'mysql://u:s3cret@db' } },
    });
    expect(faults.length).toBeGreaterThan(1);
    expect(faults.join('\n')).not.toContain('s3cret');
  });

  it.each([
    ['5m', 300],
    ['1h30m', 5400],
    ['7d', 604_800],
    ['1w', 604_800],
    ['2d12h', 216_000],
  ])('reads the Prometheus duration %s', (window, seconds) => {
    expect(read({ flags: { prometheus, window } }).windowSeconds).toBe(seconds);
  });

  it.each(['', '7', 'd7', '1m1h', '1.5h', '7 days', '-7d', '299s'])('refuses the window «%s»', (window) => {
    expect(faultsOf({ flags: { prometheus, window } })).toHaveLength(1);
  });

  it('lets flags win over the file and the file over the environment', () => {
    const config = read({
      env: { PG_HUNT_PROMETHEUS_URL: 'http://env', PG_HUNT_STORE: '/env', PG_HUNT_CADENCE: 'monthly' },
      file: { store: '/file', cadence: 'quarterly', prometheus: { username: 'reader' } },
      flags: { cadence: 'on-demand' },
    });
    expect(config).toMatchObject({
      store: '/file',
      cadence: 'on-demand',
      prometheus: { url: 'http://env', username: 'reader' },
    });
  });

  it('names an unknown setting of the file', () => {
    expect(faultsOf({ file: { prometheus, thresholds: 1 } })).toEqual(['thresholds: no such setting']);
    expect(faultsOf({ file: [] })).toContain('the configuration file: is no JSON object');
  });

  it('refuses a window that ends in the future', () => {
    expect(faultsOf({ flags: { prometheus, end: '2026-11-23T00:00:00Z' } })[0]).toContain('is in the future');
  });

  it('asks who sends and who gets the mail when it goes through SES', () => {
    const faults = faultsOf({ flags: { prometheus, store: 's3://bucket-name/pg', mail: 'ses' } });
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual(['mailFrom', 'recipients']);
    expect(faultsOf({ flags: { prometheus, store: 's3://bucket-name' } })[0]).toContain('say where mail goes');
  });

  it('is not fooled by __proto__', () => {
    read({ file: JSON.parse('{"prometheus":{"url":"http://x"},"__proto__":{"store":"/evil"}}') });
    expect(({} as Record<string, unknown>).store).toBeUndefined();
  });
});

describe('the logins of Prometheus', () => {
  it('take a certificate only with its key, and headers that are some', () => {
    const faults = faultsOf({
      file: {
        prometheus: { ...prometheus, certFile: 'c.pem', headers: { 'X-Key': 's3cret\r\nX: y' }, awsRegion: 'Ireland' },
      },
    });
    expect(faults.join('\n')).toMatch(/headers.*has a line break/);
    expect(faults.join('\n')).toMatch(/awsRegion.*is no region/);
    expect(faults.join('\n')).not.toContain('s3cret');
    expect(faultsOf({ file: { prometheus: { ...prometheus, certFile: 'c.pem' } } }).join()).toMatch(/go together/);
  });

  it.each([
    ['https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1f-2', 'eu-west-1', 'ws-1f-2'],
    ['https://vpce-1.aps-workspaces.us-gov-west-1.vpce.amazonaws.com/workspaces/ws-1', 'us-gov-west-1', 'ws-1'],
    ['https://aps-workspaces.eu-west-1.amazonaws.com.evil.example/workspaces/ws-1', null, 'ws-1'],
    ['https://notaps-workspaces.eu-west-1.amazonaws.com', null, null],
    ['http://prometheus:9090/prom', null, null],
  ])('finds the place in %s', (url, region, workspace) => {
    expect(awsPlace(url)).toEqual({ region, workspace });
  });
});

describe('PG_HUNT_CONFIG', () => {
  it('holds the whole document, under the single variables', () => {
    const document = {
      prometheus: { url: 'http://a', headers: { 'X-A': 'b' }, allowLinkLocal: true },
      cadence: 'monthly',
    };
    const env = { PG_HUNT_CONFIG: JSON.stringify(document), PG_HUNT_PROMETHEUS_URL: 'http://c', PG_HUNT_STORE: '/x' };
    expect(read({ env })).toMatchObject({
      prometheus: { url: 'http://c', headers: { 'X-A': 'b' }, allowLinkLocal: true },
      cadence: 'monthly',
      store: '/x',
    });
  });

  it('tells its faults with all others, and never its text', () => {
    const env = { PG_HUNT_CONFIG: '{"postgres":{"password":"s3cret"', PG_HUNT_CADENCE: 'daily' };
    const faults = faultsOf({ env, flags: { prometheus } });
    expect(faults).toEqual(['PG_HUNT_CONFIG: is no JSON object', expect.stringContaining('cadence')]);
    const inside = { PG_HUNT_CONFIG: JSON.stringify({ prometheus: { url: 'x', heders: {} }, tagets: [] }) };
    expect(
      faultsOf({ env: inside })
        .map((fault) => fault.split(':')[0])
        .sort(),
    ).toEqual(['prometheus.heders', 'prometheus.url (--prometheus, PG_HUNT_PROMETHEUS_URL)', 'tagets']);
  });
});

describe('metrics of the user', () => {
  const read = (prometheus: object) =>
    readConfig({ env: {}, file: { prometheus: { url: 'http://p:9090', ...prometheus } }, now: '2026-11-22T06:00:00Z' });
  const faultsOf = (prometheus: object): readonly string[] => {
    try {
      read(prometheus);
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return error.faults;
      throw error;
    }
  };
  const counter = { metric: 'my_total', kind: 'counter' };

  it('are part of the document', () => {
    const measures = { 'statement.calls': counter };
    const userExperience = [{ name: 'checkout', promql: 'max(latency)', unit: 's' }];
    expect(read({ measures, userExperience }).prometheus).toMatchObject({ measures, userExperience });
  });

  const faulty: readonly (readonly [string, object, RegExp])[] = [
    ['statement.time', counter, /no such measure of a statement; there are calls, totalTimeMs/],
    ['query.calls', counter, /is no measure: write one of server, database/],
    ['statement.calls', { ...counter, labels: { dbname: 'db' } }, /labels\.dbname: no such setting/],
    [
      'table.vacuums',
      { ...counter, labels: { queryid: 'q' } },
      /a table has no queryid; its labels are server, database, schema/,
    ],
    ['table.vacuums', { ...counter, kind: 'gauge' }, /increase of a gauge/],
    ['table.deadRows', counter, /average of a counter/],
    ['server.connectionsPeak', counter, /peak of a counter/],
    ['table.vacuums', { kind: 'counter' }, /give metric or promql/],
    ['table.vacuums', { ...counter, promql: 'x' }, /give metric or promql/],
    ['table.deadRows', { kind: 'gauge', promql: 'sum(rate(x[5m]))' }, /rate of a gauge/],
    ['table.vacuums', { kind: 'counter', promql: 'sum(rate(x[$window]))' }, /a rate is for a second/],
    ['table.vacuums', { kind: 'counter', promql: 'sum(increase(x[1d]))' }, /\[\$window\]/],
    ['table.vacuums', { kind: 'counter', promql: 'increase(x[$window]) # mine' }, /has a comment/],
    ['table.vacuums', { metric: 'sum(x)', kind: 'counter' }, /is no name of a metric/],
    ['table.vacuums', { ...counter, factor: 0 }, /is no positive number/],
  ];
  it.each(faulty)('%s with %j is a fault with its name', (name, measure, fault) => {
    const [only, ...more] = faultsOf({ measures: { [name]: measure } });
    expect(more).toEqual([]);
    expect(only).toMatch(fault);
    expect(only).toContain(`prometheus.measures.${name}`);
  });

  it('a # in a label value is no comment', () => {
    expect(faultsOf({ userExperience: [{ name: 'a', promql: 'max(x{path="/#/"})', unit: 's' }] })).toEqual([]);
  });

  it('of user experience each has its own name and a unit that is known', () => {
    const one = { name: 'a', promql: 'max(x)', unit: 's' };
    expect(faultsOf({ userExperience: [one, one] })[0]).toMatch(/has a name twice/);
    expect(faultsOf({ userExperience: [{ ...one, unit: 'minutes' }] })[0]).toMatch(/is none of s, ms, share, count/);
  });
});

describe('decisions about findings', () => {
  const muted = { decision: 'mute', key: 'unused-indexes:shop/*', reason: 'Month end.', until: '2026-12-31' };

  it('are read from the file and from PG_HUNT_CONFIG', () => {
    expect(read({ flags: { prometheus }, file: { decisions: [muted] } }).decisions).toEqual([muted]);
    const env = { PG_HUNT_CONFIG: JSON.stringify({ prometheus, decisions: [muted] }) };
    expect(read({ env }).decisions).toEqual([muted]);
  });

  it('need to be about something, for a reason, until a day', () => {
    const { key: _, ...everything } = muted;
    const wrong = [everything, { ...muted, until: 'soon' }, { ...muted, reason: ' ' }, { ...muted, subjct: {} }];
    expect(faultsOf({ flags: { prometheus }, file: { decisions: wrong } })).toEqual([
      'decisions[0]: would be about every finding: give key, advisor or subject',
      'decisions[1].until: is no date, such as 2027-01-31',
      'decisions[2].reason: is empty',
      'decisions[3].subjct: no such setting',
    ]);
  });
});

describe('prices', () => {
  const given = (prices: object) => ({ flags: { prometheus }, file: { prices } });

  it('are read as they are', () => {
    const prices = { currency: 'EUR', instanceHour: 1.2, vcpus: 8, gigabyteMonth: 0.12, engineerHour: 90 };
    expect(read(given(prices)).prices).toEqual(prices);
    expect(read({ flags: { prometheus } }).prices).toBeUndefined();
  });

  it.each<[string, object, string]>([
    ['need a currency', { engineerHour: 90 }, 'prices.currency: is missing'],
    ['need one that has a code', { currency: '€', engineerHour: 90 }, 'prices.currency: is no currency, such as EUR'],
    ['need a price', { currency: 'EUR', vcpus: 8 }, 'prices: has no price: give databaseHour or instanceHour,'],
    ['are more than nothing', { currency: 'EUR', engineerHour: 0 }, 'prices.engineerHour: must be more than 0'],
    ['are numbers', { currency: 'EUR', engineerHour: '90' }, 'prices.engineerHour: must be a number'],
    [
      'price time once',
      { currency: 'EUR', databaseHour: 1, instanceHour: 1 },
      'prices.instanceHour: give databaseHour or instanceHour, not both',
    ],
  ])('%s', (_name, prices, fault) => {
    expect(faultsOf(given(prices))).toEqual([expect.stringContaining(fault)]);
  });
});

describe('the way to stop the mails', () => {
  const given = (unsubscribe: object) => ({ flags: { prometheus }, file: { unsubscribe } });

  it('is a page, a mailbox, or both', () => {
    const both = { mailto: 'stop@example.com', https: 'https://stop.example.com/' };
    expect(read(given(both)).unsubscribe).toEqual(both);
    expect(read({ flags: { prometheus } }).unsubscribe).toBeUndefined();
  });

  it.each<[string, object, string]>([
    ['is not empty', {}, 'unsubscribe: needs mailto, https, or both'],
    [
      'takes no click without encryption',
      { https: 'http://stop.example.com' },
      'unsubscribe.https: is no https:// URL',
    ],
    ['is a mail address', { mailto: 'a@b.c>,<https://x' }, 'unsubscribe.mailto: is no mail address'],
  ])('%s', (_name, unsubscribe, fault) => {
    expect(faultsOf(given(unsubscribe))).toEqual([expect.stringContaining(fault)]);
  });
});
