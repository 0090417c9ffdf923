/** The value of `work`, or what `onTimeout` returns or throws when the work takes longer. */
export async function within<Value>(
  milliseconds: number,
  work: Promise<Value>,
  onTimeout: () => Value,
): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  try {
    return await Promise.race([work, timeout.then(onTimeout)]);
  } finally {
    clearTimeout(timer);
  }
}
