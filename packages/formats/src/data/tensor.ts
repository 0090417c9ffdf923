import { damaged, FormatError } from '../bytes/format-error.js';

/** How a file stores numbers. */
export type StoredType =
  | 'float64'
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint64'
  | 'uint32'
  | 'uint16'
  | 'uint8'
  | 'bool';

/** Numbers in memory: float64 as they are, shorter floats as float32, integers as int32 or, where they need it, float64. */
export type Values = Float32Array | Float64Array | Int32Array;

/** One array of a file. */
export interface FileTensor {
  /** The name in the file. */
  readonly name: string;
  readonly shape: readonly number[];
  /** The type in the file. */
  readonly type: StoredType;
  /** In row-major order. */
  readonly values: Values;
}

export const BYTES_OF: Readonly<Record<StoredType, number>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint64: 8,
  uint32: 4,
  uint16: 2,
  uint8: 1,
  bool: 1,
};

/**
 * The number of elements of a shape that a file gives.
 * @throws FormatError when a dimension is no whole number or the product is too large for any array.
 */
export function countElements(shape: readonly unknown[], file: string, name: string): number {
  let count = 1;
  for (const size of shape) {
    if (!(Number.isSafeInteger(size) && (size as number) >= 0)) {
      throw damaged(file, `${name} has the impossible shape [${shape.map(String).join(', ')}]`);
    }
    count *= size as number;
  }
  if (count > 2 ** 31) throw damaged(file, `${name} would have ${count} elements`);
  return count;
}

/**
 * Numbers from their little-endian bytes.
 * @throws FormatError when the number of bytes does not fit the shape, or an integer is larger than 2⁵³.
 */
export function decodeValues(
  bytes: Uint8Array,
  type: StoredType,
  shape: readonly number[],
  file: string,
  name: string,
): Values {
  const count = countElements(shape, file, name);
  if (bytes.length !== count * BYTES_OF[type]) {
    throw damaged(
      file,
      `${name} has the shape [${shape.join(', ')}] of ${type}, ${count * BYTES_OF[type]} bytes, but ${bytes.length} bytes are stored`,
    );
  }
  // A copy starts at a multiple of 8, as typed arrays need it, and does not hold the whole file in memory.
  const { buffer } = new Uint8Array(bytes);
  switch (type) {
    case 'float32':
      return new Float32Array(buffer);
    case 'float64':
      return new Float64Array(buffer);
    case 'int32':
      return new Int32Array(buffer);
    case 'float16':
      return Float32Array.from(new Uint16Array(buffer), decodeFloat16);
    case 'bfloat16':
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
    case 'int16':
      return Int32Array.from(new Int16Array(buffer));
    case 'int8':
      return Int32Array.from(new Int8Array(buffer));
    case 'uint16':
      return Int32Array.from(new Uint16Array(buffer));
    case 'uint8':
    case 'bool':
      return Int32Array.from(new Uint8Array(buffer));
    case 'uint32':
      return Float64Array.from(new Uint32Array(buffer));
    case 'int64':
      return toNumbers(new BigInt64Array(buffer), file, name);
    case 'uint64':
      return toNumbers(new BigUint64Array(buffer), file, name);
  }
}

function toNumbers(values: BigInt64Array | BigUint64Array, file: string, name: string): Float64Array {
  return Float64Array.from(values as BigInt64Array, (value) => {
    if (value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER)) {
      return Number(value);
    }
    throw new FormatError(`${file}: ${name} holds the integer ${value}, which JavaScript cannot represent.`);
  });
}

/** A number from its 16 bits (IEEE 754 binary16). */
export function decodeFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}

/** The nearest number of 16 bits, ties to even; beyond ±65504 infinity (IEEE 754 binary16). */
export function encodeFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00;
  const exponent = Math.max(Math.floor(Math.log2(size)), -14);
  const step = 2 ** (exponent - 10);
  let count = Math.floor(size / step);
  const rest = size / step - count;
  if (rest > 0.5 || (rest === 0.5 && count % 2 === 1)) count++;
  // A count of 2048 carries into the exponent by itself.
  return sign | (exponent === -14 && count < 1024 ? count : ((exponent + 14) << 10) + count);
}
