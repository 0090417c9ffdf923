import type { Profile } from '../contenders/kernel-profile.js';
import { isMeasured, type Result } from '../results.js';

/**
 * A result as one line of JSON: who did what, then the figures or why there are none. `maxError` is null when a number
 * was missing or not finite, since JSON has no infinity.
 */
export const jsonLine = (result: Result): string => `${JSON.stringify(jsonFields(result))}\n`;

/** The fields of that line. */
export function jsonFields(result: Result) {
  const { workload, shape, cell, backend, threads, contender } = result;
  const entry = { workload, shape, cell, backend, threads, contender };
  if (!isMeasured(result)) return { ...entry, skipped: result.skipped };
  const { runs, kernels, flops } = result;
  const profile = result.profile && { profile: profileFields(result.profile) };
  const roundsMs = result.roundsMs.map(significant);
  const medianMs = significant(result.medianMs);
  const minMs = significant(result.minMs);
  const quartilesMs = result.quartilesMs.map(significant);
  const firstMs = significant(result.firstMs);
  const maxError = Number.isFinite(result.maxError) ? significant(result.maxError) : null;
  const times = { medianMs, minMs, quartilesMs, runs, roundsMs, firstMs };
  return { ...entry, ...times, maxError, kernels, flops, ...profile };
}

function profileFields({ batches, batchMs, optimizerMs, kernels }: Profile) {
  return {
    batches,
    batchMs: significant(batchMs),
    optimizerMs: significant(optimizerMs),
    kernels: kernels.map((each) => ({ ...each, ms: significant(each.ms) })),
  };
}

/** Six significant digits; clocks give no more. */
const significant = (value: number): number => Number(value.toPrecision(6));
