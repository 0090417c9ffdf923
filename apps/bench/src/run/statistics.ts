import { median as middle, quantile } from 'd3-array';

/** The middle value, or the mean of the two middle ones; NaN of nothing. */
export const median = (values: readonly number[]): number => middle(values) ?? Number.NaN;

/** The lower and upper quartiles, interpolated where needed; NaN for an empty list. */
export const quartiles = (values: readonly number[]): [number, number] => [
  quantile(values, 0.25) ?? Number.NaN,
  quantile(values, 0.75) ?? Number.NaN,
];

/**
 * How many times as long the first takes as the second: the median of the ratios within each round in which both were
 * measured. A machine that is slow for some rounds slows both, which the ratio of two medians would not notice where one
 * has fewer rounds than the other. NaN when they share no round.
 */
export const ratioOverRounds = (first: readonly number[], second: readonly number[]): number =>
  median(first.slice(0, second.length).map((milliseconds, round) => milliseconds / second[round]));
