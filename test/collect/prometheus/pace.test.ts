/** Waiting must leave nothing behind on the signal that lasts as long as the run. */
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { limit, sleep } from '../../../lib/collect/prometheus/pace.ts';

describe('waiting for Prometheus', () => {
  it('listens to the deadline only while it waits', async () => {
    const { signal } = new AbortController();
    const all = Array.from({ length: 20 }, () => sleep(1, signal));
    const { release } = limit(1_000, signal);
    release();
    await Promise.all(all);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('ends with the deadline, also with one that has passed', async () => {
    const deadline = new AbortController();
    const waiting = sleep(60_000, deadline.signal);
    deadline.abort();
    await waiting;
    await sleep(60_000, deadline.signal);
  });
});
