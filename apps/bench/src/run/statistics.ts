/** The middle value, or the mean of the two middle ones; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The lower and upper quartiles, interpolated where needed; NaN for an empty list. */
export function quartiles(values: readonly number[]): [number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const above = Math.ceil(place);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  };
  return sorted.length > 0 ? [at(0.25), at(0.75)] : [Number.NaN, Number.NaN];
}

/**
 * How many times as long the first takes as the second: the median of the ratios within each round in which both were
 * measured. A machine that is slow for some rounds slows both, which the ratio of two medians would not notice where one
 * has fewer rounds than the other. NaN when they share no round.
 */
export function ratioOverRounds(first: readonly number[], second: readonly number[]): number {
  const shared = Math.min(first.length, second.length);
  return median(first.slice(0, shared).map((milliseconds, round) => milliseconds / second[round]));
}
