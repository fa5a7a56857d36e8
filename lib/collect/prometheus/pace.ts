/** How many questions are on their way at once, and how long each may take. */

/** Ends early, without an error, when the run's time is up: the next try then says so. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
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
