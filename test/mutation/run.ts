/**
 * Mutation score of a seeded sample of files in each room that judges: `npm run test:mutation -- [files a room] [seed] [room…]`.
 * Mutants are tried against the unit tests of their own room alone; what only a longer way would notice counts as survived.
 */
import { readdirSync } from 'node:fs';
import { Stryker } from '@stryker-mutator/core';

const ROOMS = ['advise', 'compare', 'plan'];
const TARGET = 0.8;

const [count = '2', seed = '20261122', ...only] = process.argv.slice(2);

/** mulberry32: the same sample from the same seed on every machine. */
function random(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function sampleOf(room: string): readonly string[] {
  const next = random(Number(seed));
  const files = readdirSync(`lib/${room}`, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return files
    .sort()
    .map((name) => ({ name, at: next() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, Number(count))
    .map(({ name }) => `lib/${room}/${name}`);
}

let met = true;
for (const room of only.length > 0 ? only : ROOMS) {
  const mutate = sampleOf(room);
  process.env.MUTATED_ROOM = room;
  const results = await new Stryker({
    mutate: [...mutate],
    testRunner: 'vitest',
    vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
    plugins: ['@stryker-mutator/vitest-runner'],
    coverageAnalysis: 'perTest',
    concurrency: 1,
    // Messages are for people: their words are no behaviour.
    mutator: { excludedMutations: ['StringLiteral'] },
    ignorePatterns: ['/out', '/cdk.out'],
    reporters: [],
    allowEmpty: true,
    timeoutMS: 20_000,
    dryRunTimeoutMinutes: 60,
    tempDirName: 'node_modules/.stryker',
  }).runMutationTest();
  const of = (...states: readonly string[]) => results.filter(({ status }) => states.includes(status));
  const [killed, alive] = [of('Killed', 'Timeout'), of('Survived', 'NoCoverage')];
  const score = killed.length / (killed.length + alive.length);
  met &&= score >= TARGET;
  process.stdout.write(
    `${room}: ${(100 * score).toFixed(1)} %, ${killed.length} of ${killed.length + alive.length} mutants of ${mutate.join(', ')}\n`,
  );
  for (const { fileName, location, mutatorName, replacement, status } of alive) {
    const place = `${fileName.replace(`${process.cwd()}/`, '')}:${location.start.line}:${location.start.column}`;
    process.stdout.write(`  ${status} ${place} ${mutatorName}: ${replacement ?? ''}\n`);
  }
}
process.exitCode = met ? 0 : 1;
