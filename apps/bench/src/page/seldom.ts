/**
 * The same call, made no more often than every so many milliseconds: soon where the last was long ago, else later, with
 * the newest value. `stop` forgets what is to come later.
 */
export function seldom<Value>(milliseconds: number, call: (value: Value) => void) {
  let last = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let newest: Value;
  const now = () => {
    timer = undefined;
    last = performance.now();
    call(newest);
  };
  const tell = (value: Value) => {
    newest = value;
    timer ??= setTimeout(now, Math.max(0, last + milliseconds - performance.now()));
  };
  return { tell, stop: () => clearTimeout(timer) };
}
