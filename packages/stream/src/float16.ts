/** Numbers of 16 bits (IEEE 754 binary16): 1 bit of sign, 5 of the exponent, 10 of the fraction. */

/** The largest finite number. */
export const MOST_FLOAT16 = 65_504;

const float32 = new Float32Array(1);
const bits = new Uint32Array(float32.buffer);

/** Rounds to the nearest; of two, to the one whose last bit is 0. Too large numbers become infinite. */
export function encodeFloat16(value: number): number {
  float32[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const magnitude = bits[0] & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00;
  // Half a step above the largest number, 65,520, rounds to infinity.
  if (magnitude >= 0x477f_f000) return sign | 0x7c00;
  if (magnitude < 0x3880_0000) {
    // Below 2⁻¹⁴ steps have 2⁻²⁴. The sum has steps of 1 there, and rounds.
    float32[0] = Math.abs(value) * 2 ** 24 + 2 ** 23;
    return sign | (bits[0] - 0x4b00_0000);
  }
  // The exponent's bias goes from 127 to 15. Half a step less one is added, and one more for an odd number.
  return sign | ((magnitude - 0x3800_0000 + 0x0fff + ((magnitude >>> 13) & 1)) >>> 13);
}

/**
 * Makes float32 numbers of `count` numbers of 16 bits at the start of a memory, exactly. `writeStreamModule` writes the text of
 * this function into files, so it refers to nothing outside of itself.
 */
export function widenFloat16(memory: ArrayBuffer, count: number): void {
  const halves = new Uint16Array(memory, 0, count);
  const numbers = new Float32Array(memory, 0, count);
  // From the last to the first: each is read before a number takes its place.
  for (let i = count - 1; i >= 0; i--) {
    const half = halves[i];
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >>> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 0) numbers[i] = sign * fraction * 2 ** -24;
    else if (exponent < 31) numbers[i] = sign * (1024 + fraction) * 2 ** (exponent - 25);
    else numbers[i] = fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  }
}

/** The float32 numbers of numbers of 16 bits. */
export function decodeFloat16(halves: Uint16Array): Float32Array {
  const numbers = new Float32Array(halves.length);
  new Uint16Array(numbers.buffer).set(halves);
  widenFloat16(numbers.buffer, halves.length);
  return numbers;
}
