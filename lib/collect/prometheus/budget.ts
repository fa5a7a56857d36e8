/** What one run may cost a Prometheus, whatever it refuses: requests, requests made again, and bytes of answers. */
export interface Budget {
  readonly requestsLeft: () => number;
  /** Bytes that answers may still have. */
  readonly bytesLeft: () => number;
  /** Counts a request that goes out. */
  readonly sent: () => void;
  readonly received: (bytes: number) => void;
  /** Whether one more request may be made a second time; counts it. */
  readonly mayRepeat: () => boolean;
}

/** Of one run. A backend that refuses everything once must not use up what the other questions need. */
const MOST_REPEATED = 10;

export function createBudget(most: { readonly requests: number; readonly bytes: number }): Budget {
  let { requests, bytes } = most;
  let repeated = 0;
  return {
    requestsLeft: () => requests,
    bytesLeft: () => bytes,
    sent: () => {
      requests -= 1;
    },
    received: (count) => {
      bytes = Math.max(0, bytes - count);
    },
    mayRepeat: () => {
      repeated += 1;
      return repeated <= MOST_REPEATED && requests > 0;
    },
  };
}
