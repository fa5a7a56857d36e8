/** The same requests by hand: nothing but node:http, four at a time, answers thrown away. Writes a line of JSON. */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Nothing of a stage is sent before all of the one before was answered. */
  readonly stage: number;
}

const [url = '', file = ''] = process.argv.slice(2);
const all = JSON.parse(readFileSync(file, 'utf8')) as readonly Sent[]; // written by collect.ts
const agent = new Agent({ keepAlive: true });
const CONCURRENCY = 4;

function send({ method, path, headers, body }: Sent): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, url), { method, headers, agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`HTTP ${response.statusCode}`));
      response
        .on('data', () => {})
        .on('end', resolve)
        .on('error', reject);
    });
    sent.on('error', reject).end(body);
  });
}

async function main(): Promise<void> {
  const began = performance.now();
  for (const stage of [...new Set(all.map((each) => each.stage))].sort()) {
    const waiting = all.filter((each) => each.stage === stage);
    const worker = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await send(next);
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  }
  process.stdout.write(`${JSON.stringify({ ms: performance.now() - began })}\n`);
  agent.destroy();
}

void main();
