import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../lib/store/open.ts';

test.each([
  ['./out', resolve('out')],
  ['/srv/pg-hunt/', '/srv/pg-hunt'],
  ['s3://hunt-bucket', 's3://hunt-bucket'],
  ['s3://hunt-bucket/', 's3://hunt-bucket'],
  ['s3://hunt-bucket/a/b/', 's3://hunt-bucket/a/b'],
])('%s opens the store at %s', async (location, place) => {
  expect((await openStore(location)).location).toBe(place);
});

test.each([
  ['gs://bucket/x', /gs:\/\/ is not known/],
  ['s3://', /no bucket name/],
  ['s3://Bad_Bucket/x', /no bucket name/],
  ['s3://hunt-bucket/a/../b', /cannot be a key/],
])('%s is refused with the reason', async (location, words) => {
  await expect(openStore(location)).rejects.toThrow(words);
});
