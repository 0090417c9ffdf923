/** Whether the person asked to stop. */
export interface StopRequest {
  readonly requested: boolean;
}

/** Runs work that nobody can interrupt: for callers without a terminal. */
export const neverStops: StopRequest = { requested: false };

/**
 * Runs `work` with Ctrl-C (and a polite kill) turned into a request that it looks at between batches. A second one
 * ends the process at once, which is safe too: files are replaced whole.
 *
 * @param asked called at the first request.
 */
export async function stoppable<Result>(
  work: (stop: StopRequest) => Promise<Result>,
  asked: () => void,
): Promise<Result> {
  const stop = { requested: false };
  const onSignal = () => {
    if (stop.requested) process.exit(interruptedStatus);
    stop.requested = true;
    asked();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    return await work(stop);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** The exit status of a command ended by Ctrl-C: 128 and the number of SIGINT. */
export const interruptedStatus = 130;
