/** The highway of an SRU: what the cell and the layout of asappresearch/sru share. */

/** The options of `sru` that set the factor. */
interface ScaleOptions {
  readonly rescale?: boolean;
  readonly highwayBias?: number;
  readonly scale?: number;
}

/**
 * The factor of the highway's input when it is not projected.
 * @throws RangeError when both `rescale` and `scale` are given.
 */
export function highwayScale({ rescale = false, highwayBias = 0, scale }: ScaleOptions): number {
  if (!rescale) return scale ?? 1;
  if (scale === undefined) return Math.sqrt(1 + 2 * Math.exp(highwayBias));
  throw new RangeError(`sru: scale is ${scale}, but rescale computes it; give one of them.`);
}
