/** Progress on stderr: one live line on a terminal, plain lines anywhere else. And what the summary is shown on. */
import { createLogUpdate } from 'log-update';
import { createColors } from 'picocolors';
import { oneLine } from './report/markup.ts';
import { plainScreen, type Screen } from './report/summary.ts';

export interface TerminalProgress {
  /** Ends the step before, begins this one. Bound: can be handed on as a function. */
  readonly step: (words: string) => void;
  /** Something that changes while the step runs, such as `1,200 of 5,000`. */
  readonly detail: (words: string) => void;
  readonly end: (outcome?: 'done' | 'failed') => void;
}

export interface TerminalOptions {
  readonly live: boolean;
  readonly colour: boolean;
  /** Milliseconds; the clock is a parameter for the tests' sake. */
  readonly clock: () => number;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const REDRAW_MS = 120;
/** Plain lines go to logs: a detail that often would be noise. */
const PLAIN_DETAIL_MS = 5000;

type Stream = Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean; readonly columns?: number };

export function terminalProgress(stream: Stream, options: Partial<TerminalOptions> = {}): TerminalProgress {
  const { env } = process;
  // A terminal of no size, as some build servers give, would have every line cut to nothing.
  const terminal = stream.isTTY === true && (stream.columns ?? 0) > 0;
  const live = options.live ?? (terminal && env.TERM !== 'dumb' && env.CI === undefined);
  const colour = options.colour ?? (live && allowsColour(env));
  const clock = options.clock ?? (() => performance.now());
  const { step, detail, end } = live
    ? liveProgress(stream as NodeJS.WriteStream, colour, clock)
    : plainProgress(stream, clock);
  // Steps name databases, and a name may hold what a terminal would obey.
  return { step: (words) => step(oneLine(words)), detail: (words) => detail(oneLine(words)), end };
}

/** https://no-color.org: any value but none. */
function allowsColour({ NO_COLOR = '', TERM }: NodeJS.ProcessEnv): boolean {
  return NO_COLOR === '' && TERM !== 'dumb';
}

/** A file and another program get plain lines, unbroken. */
export function terminalScreen({ isTTY, columns = 0 }: Pick<Stream, 'isTTY' | 'columns'>, env = process.env): Screen {
  if (isTTY !== true || columns <= 0) return plainScreen;
  const { red, yellow, green, bold, dim } = createColors(allowsColour(env));
  const paints = { worse: red, warning: yellow, good: green, neutral: dim, strong: bold, muted: dim };
  return { columns, paint: (tone, text) => paints[tone](text) };
}

function liveProgress(stream: NodeJS.WriteStream, colour: boolean, clock: () => number): TerminalProgress {
  const paint = createColors(colour);
  const update = createLogUpdate(stream);
  let current: { words: string; detail: string; since: number } | null = null;
  let timer: NodeJS.Timeout | null = null;

  const line = (mark: string): string => {
    if (current === null) return '';
    const detail = current.detail === '' ? '' : ` · ${current.detail}`;
    return `${mark} ${current.words}${paint.dim(`${detail} · ${seconds(clock() - current.since)}`)}`;
  };
  const draw = (): void => {
    const frame = FRAMES[Math.floor(clock() / REDRAW_MS) % FRAMES.length] ?? '';
    update(line(paint.cyan(frame)));
  };
  const end = (outcome: 'done' | 'failed' = 'done'): void => {
    if (timer !== null) clearInterval(timer);
    timer = null;
    if (current === null) return;
    // Where it got to matters only if it got no further.
    if (outcome === 'done') current.detail = '';
    update(line(outcome === 'done' ? paint.green('✓') : paint.red('✗')));
    update.done();
    current = null;
  };
  return {
    step: (words) => {
      end();
      current = { words, detail: '', since: clock() };
      draw();
      timer = setInterval(draw, REDRAW_MS);
      timer.unref(); // a forgotten end() must not keep the process
    },
    detail: (words) => {
      if (current !== null) current.detail = words;
    },
    end,
  };
}

function plainProgress(stream: Stream, clock: () => number): TerminalProgress {
  const began = clock();
  let shown = began;
  let failing = '';
  const say = (words: string): void => {
    shown = clock();
    stream.write(`[${seconds(shown - began).padStart(7)}] ${words}\n`);
  };
  return {
    step: (words) => {
      failing = words;
      say(words);
    },
    detail: (words) => {
      if (clock() - shown >= PLAIN_DETAIL_MS) say(`  ${words}`);
    },
    end: (outcome = 'done') => {
      if (outcome === 'failed' && failing !== '') say(`failed while: ${failing}`);
      failing = '';
    },
  };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
