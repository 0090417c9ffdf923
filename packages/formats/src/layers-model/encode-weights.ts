/** The bytes of numbers and their entry in the manifest. */
export interface EncodedWeight {
  readonly entry: { readonly [key: string]: unknown };
  readonly bytes: Uint8Array;
}

/** Float numbers in 8 bits: 255 equal steps from the smallest to the largest, as TensorFlow.js's converter stores them. */
export function quantizeToBytes(values: ArrayLike<number>): {
  bytes: Uint8Array;
  scale: number;
  min: number;
} {
  let [min, max] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    min = i === 0 ? values[i] : Math.min(min, values[i]);
    max = i === 0 ? values[i] : Math.max(max, values[i]);
  }
  const scale = max > min ? (max - min) / 255 : 1;
  return { bytes: Uint8Array.from(values, (value) => Math.round((value - min) / scale)), scale, min };
}
