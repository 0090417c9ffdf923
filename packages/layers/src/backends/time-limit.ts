/** What a promise gives, or what `late` gives when it has taken longer than that, in ms. */
export async function within<Result>(
  milliseconds: number,
  promise: Promise<Result>,
  late: () => Result,
): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<Result>((resolve) => {
    timer = setTimeout(() => resolve(late()), milliseconds);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
