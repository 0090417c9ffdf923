import { type Ceiling, type CeilingReport, type Measured, speedOf } from './results.js';

/** A result is noisy when the middle half of its times is wider than this share of the median. */
const NOISY_SPREAD = 0.25;

/** The width of the middle half of the times, as a share of the median. */
export const spreadOf = ({ medianMs, quartilesMs: [low, high] }: Measured): number => (high - low) / medianMs;

export const isNoisy = (result: Measured): boolean => spreadOf(result) > NOISY_SPREAD;

/**
 * Whether the middle halves of a result and of the fastest one overlap, so that their order may be chance. The fastest is
 * tied with itself only when another result is.
 */
export function isTied(result: Measured, ranked: readonly Measured[]): boolean {
  const [fastest, ...others] = [...ranked].sort((a, b) => a.medianMs - b.medianMs);
  const overlaps = (other: Measured) => other.quartilesMs[0] <= fastest.quartilesMs[1];
  return result === fastest ? others.some(overlaps) : ranked.includes(result) && overlaps(result);
}

/**
 * A warning when some results are noisy, with their names unless all are.
 *
 * @param nameOf the name of a result for a reader
 */
export function noiseWarning(
  results: readonly Measured[],
  nameOf: (result: Measured) => string,
): string | undefined {
  const noisy = results.filter(isNoisy);
  if (noisy.length === 0) return undefined;
  const widest = Math.max(...noisy.map(spreadOf));
  const which =
    noisy.length === results.length ? 'All times' : `The times of ${noisy.map(nameOf).join('; ')}`;
  return `${which} vary too much to be trusted: their middle half is up to ${Math.round(100 * widest)} % of the median wide. Other programs may use the processor: close them and measure again.`;
}

/** The measured ceilings, sorted by whether they are at least as high as every measured speed of their device. */
export function sortCeilings(results: readonly Measured[], ceilings: readonly CeilingReport[]) {
  const trusted: Ceiling[] = [];
  const doubtful: Ceiling[] = [];
  for (const ceiling of ceilings) {
    if ('skipped' in ceiling) continue;
    const speeds = results.filter(({ backend }) => backend === ceiling.backend).map(speedOf);
    const isTrusted = Math.max(ceiling.matrixProduct, ...speeds) <= ceiling.registerLoop;
    (isTrusted ? trusted : doubtful).push(ceiling);
  }
  return { trusted, doubtful };
}
