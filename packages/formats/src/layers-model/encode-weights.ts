/** Float numbers in 16 or 8 bits, as TensorFlow.js's converter stores them. */
import { FormatError } from '../bytes/format-error.js';
import { encodeFloat16 } from '../data/tensor.js';

/** The bytes of numbers and their entry in the manifest. */
export interface EncodedWeight {
  readonly entry: { readonly [key: string]: unknown };
  readonly bytes: Uint8Array;
}

/** The largest number of 16 bits. */
const MAX_FLOAT16 = 65504;

/** @throws FormatError naming the weight when a number is too large. */
export function toFloat16(values: ArrayLike<number>, name: string): Uint16Array {
  checkRange(values, MAX_FLOAT16, name, 'float16');
  return Uint16Array.from(values, encodeFloat16);
}

/**
 * 255 equal steps from the smallest to the largest number. They are moved so that zero stays exactly zero.
 * Source: tensorflowjs/quantization.py.
 * @throws FormatError naming the weight when a number is not finite.
 */
export function toSteps(
  values: ArrayLike<number>,
  name: string,
): { bytes: Uint8Array; scale: number; min: number } {
  checkRange(values, Number.MAX_VALUE, name, 'int8');
  let [min, max] = [values[0] ?? 0, values[0] ?? 0];
  for (let i = 0; i < values.length; i++) {
    min = Math.min(min, values[i]);
    max = Math.max(max, values[i]);
  }
  if (min === max) return { bytes: new Uint8Array(values.length), scale: 1, min };
  const scale = (max - min) / 255;
  if (min <= 0 && max >= 0) min = -Math.round(-min / scale) * scale;
  const toStep = (value: number) => Math.min(Math.max(Math.round((value - min) / scale), 0), 255);
  return { bytes: Uint8Array.from(values, toStep), scale, min };
}

function checkRange(values: ArrayLike<number>, limit: number, name: string, quantize: string): void {
  for (let i = 0; i < values.length; i++) {
    if (Math.abs(values[i]) <= limit) continue;
    throw new FormatError(`${name} holds ${values[i]}, which ${quantize} cannot store. Leave out quantize.`);
  }
}
