/** Whether a stop was requested. */
export interface StopRequest {
  readonly requested: boolean;
}

/** A request that never comes, for callers without a terminal. */
export const neverStops: StopRequest = { requested: false };

/**
 * Runs `work` and turns Ctrl-C (SIGINT) and SIGTERM into a stop request, which `work` reads between batches. A second signal
 * ends the process at once. This is safe too, since files are replaced in one step.
 *
 * @param onRequest called at the first signal.
 */
export async function stoppable<Result>(
  work: (stop: StopRequest) => Promise<Result>,
  onRequest: () => void,
): Promise<Result> {
  const stop = { requested: false };
  const onSignal = () => {
    if (stop.requested) process.exit(interruptedStatus);
    stop.requested = true;
    onRequest();
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

/** The exit status of a command that Ctrl-C has ended: 128 and the number of SIGINT. */
export const interruptedStatus = 130;
