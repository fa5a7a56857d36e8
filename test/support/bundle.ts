/** Runs the Lambda's bundle as Lambda does: a process of its own, far from this project's node_modules. */
import { type ChildProcess, spawn } from 'node:child_process';

export interface Invocation {
  readonly event: unknown;
  readonly requestId: string;
}

export interface Invoked {
  readonly answers: readonly ({ readonly answer: unknown } | { readonly error: { name: string; message: string } })[];
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

/** One after the other in one process, as a warm Lambda; the answers come back over the process's own channel. */
const runtime = `
  if (process.argv[2] === 'hurried') {
    require('node:timers/promises').setTimeout = (ms) => new Promise((done) => setImmediate(done));
    require('node:module').syncBuiltinESMExports();
  }
  process.once('message', async (invocations) => {
    const { handler } = await import(process.argv[1]);
    const answers = [];
    for (const { event, requestId } of invocations) {
      try {
        answers.push({ answer: await handler(event, { awsRequestId: requestId }) });
      } catch (error) {
        console.error(error);
        answers.push({ error: { name: error.name, message: error.message } });
      }
    }
    process.send(answers, () => process.disconnect());
  });
`;

export interface RunBundle {
  /** Path of the bundled file. */
  readonly file: string;
  /** All of the process's environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly invocations: readonly Invocation[];
  /** Told of the process, for who wants to kill it. */
  readonly started?: (child: ChildProcess) => void;
  /** What it waits for on purpose takes no time: the two minutes, say, after which a dead run's claim is given up. */
  readonly hurried?: boolean;
}

export function runBundle({ file, env, invocations, started, hurried = false }: RunBundle): Promise<Invoked> {
  const child = spawn(process.execPath, ['-e', runtime, file, hurried ? 'hurried' : ''], {
    cwd: '/',
    env: { NODE_OPTIONS: '--enable-source-maps', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  started?.(child);
  let stdout = '';
  let stderr = '';
  let answers: Invoked['answers'] = [];
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('utf8');
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8');
  });
  child.once('message', (message) => {
    answers = message as Invoked['answers']; // what the few lines above sent
  });
  child.send([...invocations], () => {}); // one that is killed at once is no fault of ours
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ answers, stdout, stderr, status }));
  });
}
