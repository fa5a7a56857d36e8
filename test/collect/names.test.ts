import { expect, it } from 'vitest';
import { targetName } from '../../lib/collect/names.ts';

it.each([
  ['db1.example.com', 'db1.example.com'],
  ['db1.example.com:5432', 'db1.example.com-5432'],
  ['shop_primary', 'shop_primary'],
])('keeps what is safe in a path: %s', (name, safe) => {
  expect(targetName(name)).toBe(safe);
  expect(targetName(safe)).toBe(safe);
});

it.each(['..', '.', '', '../../etc', 'a/b', 'a b', 'a\nb', 'ä', 'x'.repeat(500), '<img src=x>', 'a:b:1'])(
  'makes %j safe, stays the same when asked again, and never becomes another name',
  (name) => {
    const safe = targetName(name);
    expect(safe).toMatch(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/);
    expect(safe).not.toMatch(/^\.+$/);
    expect(safe).toBe(targetName(name));
    expect(targetName(`${name}!`)).not.toBe(safe);
    expect(targetName(safe)).toBe(safe);
  },
);
