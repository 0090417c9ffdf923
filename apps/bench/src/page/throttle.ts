/**
 * Limits the calls of a function to one in `milliseconds`: the first follows at once, a later one waits and then has the
 * newest value. `stop` cancels a waiting call.
 */
export function throttle<Value>(milliseconds: number, run: (value: Value) => void) {
  let last = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let newest: Value;
  const call = (value: Value) => {
    newest = value;
    timer ??= setTimeout(
      () => {
        timer = undefined;
        last = performance.now();
        run(newest);
      },
      Math.max(0, last + milliseconds - performance.now()),
    );
  };
  return { call, stop: () => clearTimeout(timer) };
}
