/** How many questions are on their way at once, and how long each may take. */

/** Questions on their way at once: half of the 20 that a Prometheus works on by default would be its owner's loss. */
export const PARALLEL = 4;

/** Ends early, without an error, when the run's time is up: the next try then says so. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}

/** Not AbortSignal.any of AbortSignal.timeout: nothing holds such a timer, and Node's garbage collector takes it away. */
export function limit(ms: number, deadline: AbortSignal): { signal: AbortSignal; release: () => void } {
  const own = new AbortController();
  const abort = () => own.abort();
  const timer = setTimeout(abort, ms);
  deadline.addEventListener('abort', abort);
  if (deadline.aborted) abort();
  return {
    signal: own.signal,
    release: () => {
      clearTimeout(timer);
      deadline.removeEventListener('abort', abort);
    },
  };
}

/** Lets so many through at a time, the rest in order. */
export function turnstile(places: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = places;
  return async (work) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free -= 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}

/** Milliseconds that a Retry-After of seconds or of a date asks for; null when there is none, or it is neither. */
export function retryAfter(value: string | undefined, date: string | undefined, now: number): number | null {
  if (value === undefined || value.trim() === '') return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return seconds < 0 ? null : seconds * 1000;
  const [until, from] = [timeOf(value), timeOf(date)];
  // Its own date says what it takes the time to be.
  return until === null ? null : Math.max(0, until - (from ?? now));
}

/** Seconds that the server's clock is ahead; a cache tells by Age how old its answer is. null: no date. */
export function skewOf(date: string | undefined, age: string | undefined, now: number): number | null {
  const at = timeOf(date);
  const kept = Number(age ?? 0);
  return at === null || !Number.isFinite(kept) ? null : (at + kept * 1000 - now) / 1000;
}

/** RFC 9110: the one form of a date that may be sent. */
function timeOf(date: string | undefined): number | null {
  const time =
    date !== undefined && /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/.test(date) ? Date.parse(date) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}
