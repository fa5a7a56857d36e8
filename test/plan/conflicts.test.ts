import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../lib/model/outcome.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { plan } from '../../lib/plan/plan.ts';
import {
  averted,
  finding,
  foreignKey,
  found,
  index,
  snapshot,
  space,
  statement,
  table,
  time,
  unchanged,
} from './build.ts';

const orders = { database: 'shop', schema: 'public', table: 'orders' };
const drop = (name: string, bytes = 100) => finding({ ...orders, index: name }, 'drop-index', space(bytes));
const create = (columns: readonly string[], benefit = averted, sql = 'CREATE INDEX ON orders (a);') =>
  finding({ ...orders, index: columns.join('_') }, 'create-index', benefit, {
    done: { kind: 'index-created', ...orders, columns },
    steps: [{ text: 'Build it.', sql }],
  });

function planned(outcomes: readonly Outcome[], seen: Snapshot = snapshot()) {
  return plan({ outcomes, changes: unchanged, snapshot: seen }).opportunities;
}

function keys(outcomes: readonly Outcome[], seen?: Snapshot): readonly string[] {
  return planned(outcomes, seen)
    .map((one) => one.key)
    .sort();
}

describe('one decision per object', () => {
  test('findings on different objects are left as they are', () => {
    const outcomes = [found('unused-index', 'index', drop('i'), drop('j'))];
    expect(planned(outcomes).map((one) => one.approach)).toEqual(['As follows.', 'As follows.']);
  });

  test('an index that is unused and a duplicate is dropped once, with both reasons', () => {
    const seenBy = (label: string) => ({ evidence: [{ label, value: 1, source: 'pg_stat_user_indexes' }] });
    const all = planned([
      found('unused-index', 'index', { ...drop('i'), ...seenBy('scans') }),
      found('duplicate-index', 'index', { ...drop('i'), ...seenBy('same keys as') }),
    ]);
    expect(all.map((one) => one.advisor)).toEqual(['duplicate-index']);
    expect(all[0]?.approach).toMatch(/This also answers “[^”]+”\.$/);
    expect(all[0]?.evidence.map((one) => one.label)).toEqual(['same keys as', 'scans']);
  });

  test('to switch autovacuum on for a table is a decision beside its dead rows', () => {
    const on = finding({ ...orders, setting: 'autovacuum_enabled' }, 'change-storage', averted);
    const outcomes = [
      found('autovacuum-off', 'maintenance', on),
      found('dead-rows', 'maintenance', finding(orders, 'vacuum', averted)),
    ];
    expect(
      planned(outcomes)
        .map((one) => one.advisor)
        .sort(),
    ).toEqual(['autovacuum-off', 'dead-rows']);
  });

  test('to vacuum dead rows and to give empty space back are two decisions about one table', () => {
    const outcomes = (benefit: typeof averted) => [
      found('dead-rows', 'maintenance', finding(orders, 'vacuum', averted)),
      found('bloated-tables', 'maintenance', finding(orders, 'vacuum', benefit)),
    ];
    expect(keys(outcomes(space(1_000)))).toEqual(['bloated-tables:shop/public/orders', 'dead-rows:shop/public/orders']);
    expect(keys(outcomes(averted))).toHaveLength(1);
  });

  test('a new index is known by what is built, not by the questions around it', () => {
    const around = (sql: string) => [
      { text: 'Look.', sql: 'SELECT pid FROM pg_stat_activity WHERE state IS NULL;' },
      { text: 'Build it.', sql },
    ];
    const wide = { ...create(['a', 'b']), steps: around('CREATE INDEX CONCURRENTLY i ON orders (a, b);') };
    const narrow = { ...create(['a']), steps: around('CREATE INDEX CONCURRENTLY j ON orders (a);') };
    const partial = { ...create(['a']), steps: around('CREATE INDEX CONCURRENTLY k ON orders (a) WHERE b IS NULL;') };
    expect(planned([found('missing', 'index', wide), found('foreign', 'index', narrow)])).toHaveLength(1);
    expect(planned([found('missing', 'index', wide), found('foreign', 'index', partial)])).toHaveLength(2);
  });

  test('an index to be dropped is not rebuilt first', () => {
    const rebuild = finding({ ...orders, index: 'i' }, 'rebuild-index', space(1e9));
    expect(keys([found('bloated-index', 'index', rebuild), found('unused-index', 'index', drop('i'))])).toEqual([
      'unused-index:shop/public/orders/i',
    ]);
  });

  test('the same index name in another schema is another index', () => {
    const other = finding({ ...orders, schema: 'old', index: 'i' }, 'drop-index', space(100));
    expect(keys([found('unused-index', 'index', drop('i')), found('duplicate-index', 'index', other)])).toHaveLength(2);
  });

  test('a foreign key’s index is the wider index that a statement asks for, and the number is kept', () => {
    const all = planned(
      [
        found('missing-index', 'index', create(['customer', 'day'])),
        found('foreign-key', 'index', create(['customer'], time(['q'], 0.5))),
      ],
      snapshot({ statements: [statement('q', 100)] }),
    );
    expect(all.map((one) => one.advisor)).toEqual(['missing-index']);
    expect(all[0]?.benefit.kind).toBe('time');
  });

  test('a partial index or another leading column does not stand in', () => {
    const partial = create(['customer', 'day'], averted, "CREATE INDEX ON orders (customer, day) WHERE state = 'x';");
    const key = found('foreign-key', 'index', create(['customer']));
    expect(keys([found('missing-index', 'index', partial), key])).toHaveLength(2);
    expect(keys([found('missing-index', 'index', create(['day', 'customer'])), key])).toHaveLength(2);
  });

  test('one setting is set once', () => {
    const set = finding({ setting: 'max_wal_size' }, 'change-setting', averted);
    expect(keys([found('a', 'system', set), found('b', 'system', set)])).toEqual(['a:max_wal_size']);
  });

  test('storage of one table is tuned once, and its ANALYZE needs no finding of its own', () => {
    const step = { text: 'Vacuum.', sql: 'VACUUM (ANALYZE) public.orders;' };
    const dead = found('dead-rows', 'maintenance', finding(orders, 'change-storage', averted, { steps: [step] }));
    const large = found('default-settings', 'maintenance', finding(orders, 'change-storage', averted));
    const stale = found('stale', 'maintenance', finding(orders, 'analyze', averted));
    expect(keys([stale, large, dead])).toEqual(['dead-rows:shop/public/orders']);
    expect(keys([stale, large])).toHaveLength(2);
  });

  test('the wider index comes first, however sure or large the narrower one is', () => {
    const sureTime = { ...time(['q'], 0.9), confidence: 'high' as const };
    const seen = snapshot({ statements: [statement('q', 100)] });
    const narrow = found('a-narrow', 'index', create(['customer'], sureTime));
    expect(planned([narrow, found('wide', 'index', create(['customer', 'day']))], seen)[0]?.subject.index).toBe(
      'customer_day',
    );
  });

  test('an index of another kind does not stand in, and one of btree by name does', () => {
    const key = found('foreign-key', 'index', create(['customer']));
    const wide = (using: string) =>
      found(
        'missing-index',
        'index',
        create(['customer', 'day'], averted, `CREATE INDEX i ON orders USING ${using} (x);`),
      );
    expect(keys([wide('gin'), key])).toHaveLength(2);
    expect(keys([wide('btree'), key])).toHaveLength(1);
  });

  test('to look at an index is no drop of it', () => {
    const look = finding({ ...orders, index: 'i' }, 'investigate', averted);
    expect(keys([found('unused-index', 'index', drop('i')), found('other', 'index', look)])).toHaveLength(2);
  });

  test('a setting of one table is not that of another, nor of the server', () => {
    const set = (subject: object) => finding({ setting: 'fillfactor', ...subject }, 'change-storage', averted);
    const lines = { database: 'shop', table: 'lines' };
    const all = [found('a', 'system', set(lines)), found('b', 'system', set({ ...lines, table: 'items' }))];
    expect(keys([...all, found('c', 'system', set({ table: 'lines' })), found('d', 'system', set({}))])).toHaveLength(
      4,
    );
  });

  test('what is done to a table by maintenance is not what a query, an index of it or a look asks for', () => {
    const kept = found('dead-rows', 'maintenance', finding(orders, 'vacuum', averted, { evidence: [] }));
    const beside = (other: Outcome) => expect(keys([kept, other]), other.card.id).toHaveLength(2);
    beside(found('in-a-query', 'query', finding(orders, 'vacuum', averted)));
    beside(found('of-an-index', 'maintenance', finding({ ...orders, index: 'i' }, 'vacuum', averted)));
    beside(found('a-look', 'maintenance', finding(orders, 'investigate', averted)));
    beside(found('elsewhere', 'maintenance', finding({ ...orders, schema: 'old' }, 'vacuum', averted)));
    expect(keys([kept, found('the-same', 'maintenance', finding(orders, 'vacuum', averted))])).toHaveLength(1);
  });

  test('two findings of one advisor about one table are two', () => {
    const storage = (setting: string) => finding({ ...orders, setting }, 'change-storage', averted);
    const both = found('tuning', 'maintenance', storage('autovacuum_vacuum_scale_factor'), storage('fillfactor'));
    expect(keys([both])).toHaveLength(2);
  });
});

describe('harmful together', () => {
  const key = foreignKey('orders_customer_fkey', ['customer']);
  const both = [
    found('duplicate-index', 'index', drop('short', 500)),
    found('unused-index', 'index', drop('long', 100)),
  ];

  test('of two indexes behind one foreign key only the better drop is advised', () => {
    const seen = snapshot({
      tables: [table('orders', { foreignKeys: [key] })],
      indexes: [index('short', ['customer']), index('long', ['customer', 'day'])],
    });
    const all = planned([found('unused-index', 'index', drop('short', 500), drop('long', 100))], seen);
    expect(all.map((one) => one.subject.index)).toEqual(['short']);
    expect(all[0]?.approach).toContain('Keep public.long for now: foreign key orders_customer_fkey');
  });

  test('a third index that supports the key lets both go', () => {
    const seen = snapshot({
      tables: [table('orders', { foreignKeys: [key] })],
      indexes: [index('short', ['customer']), index('long', ['customer', 'day']), index('third', ['customer', 'x'])],
    });
    const findings = [drop('short', 500), drop('long', 100)];
    expect(keys([found('unused-index', 'index', ...findings)], seen)).toHaveLength(2);
    const partial = seen.indexes.map((row) => (row.index === 'third' ? { ...row, predicate: 'x > 1' } : row));
    expect(keys([found('unused-index', 'index', ...findings)], { ...seen, indexes: partial })).toHaveLength(1);
  });

  test('the only index behind a foreign key is never dropped', () => {
    const seen = snapshot({
      tables: [table('orders', { foreignKeys: [key] })],
      indexes: [index('short', ['customer'])],
    });
    expect(keys([found('unused-index', 'index', drop('short'))], seen)).toEqual([]);
  });

  test('an index and the one that made it redundant do not go together', () => {
    const seen = snapshot({ indexes: [index('short', ['customer']), index('long', ['customer', 'day'])] });
    const all = planned(both, seen);
    expect(all.map((one) => one.subject.index)).toEqual(['short']);
    expect(all[0]?.approach).toContain('Keep public.long for now');
  });
});

describe('one statement is listed once', () => {
  const seen = snapshot({ statements: [statement('q', 1000)] });
  const look = (likely: number) =>
    finding({ database: 'shop', statement: 'q' }, 'investigate', time(['q'], likely, 'low'), { title: 'Look at q' });
  const top = found('top-time', 'query', look(0.3));
  const slow = found('slow-and-frequent', 'query', look(0.5));

  test('several looks at it become one', () => {
    const all = planned([top, slow], seen);
    expect(all.map((one) => one.advisor)).toEqual(['slow-and-frequent']);
    expect(all[0]?.approach).toContain('This also answers “Look at q”.');
  });

  test('a change that takes half of it answers the look', () => {
    const index05 = found('missing-index', 'index', finding(orders, 'create-index', time(['q'], 0.5)));
    expect(keys([top, slow, index05], seen)).toEqual(['missing-index:shop/public/orders']);
  });

  test('a look, and a rewrite nobody has an idea for yet, are one item; a known change of the caller is another', () => {
    const rewrite = finding({ database: 'shop', statement: 'q' }, 'rewrite-query', { ...averted, confidence: 'low' });
    const caller = finding({ database: 'shop', statement: 'q' }, 'change-application', time(['q'], 0.4, 'low'));
    const all = planned([top, found('slow', 'query', rewrite), found('chatty', 'query', caller)], seen);
    expect(all.map((one) => one.advisor).sort()).toEqual(['chatty', 'slow']);
    expect(all.find((one) => one.advisor === 'slow')?.benefit.kind).toBe('risk');
  });

  test('advice that knows what to change in it answers the look, whatever it takes', () => {
    const caller = finding({ database: 'shop', statement: 'q' }, 'change-application', time(['q'], 0.1, 'low'));
    expect(planned([top, found('large-offsets', 'query', caller)], seen).map((one) => one.advisor)).toEqual([
      'large-offsets',
    ]);
    const expression = finding({ database: 'shop', statement: 'q' }, 'create-index', time(['q'], 0.1, 'low'));
    const rewrite = finding({ database: 'shop', statement: 'q' }, 'rewrite-query', { ...averted, confidence: 'low' });
    const all = planned([top, found('slow', 'query', rewrite), found('wrapped', 'query', expression)], seen);
    expect(all.map((one) => one.advisor)).toEqual(['wrapped']);
  });

  test('a change that takes less leaves the look behind it', () => {
    const index04 = found('missing-index', 'index', finding(orders, 'create-index', time(['q'], 0.4)));
    expect(planned([top, index04], seen).map((one) => one.advisor)).toEqual(['missing-index', 'top-time']);
  });

  test('the same text in another database is looked at on its own', () => {
    const elsewhere = { ...look(0.3), subject: { database: 'other', statement: 'q' } };
    expect(keys([top, found('slow-and-frequent', 'query', elsewhere)], seen)).toHaveLength(2);
  });
});
