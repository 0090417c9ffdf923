import { damaged, FormatError } from '../bytes/format-error.js';
import { isCount } from '../bytes/json.js';

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

/** The arrays of JavaScript whose elements have the same bytes. */
const ARRAYS = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint64: BigUint64Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} satisfies Record<StoredType, unknown>;

/** The bytes of one stored number. */
export const sizeOfType = (type: StoredType): number => ARRAYS[type].BYTES_PER_ELEMENT;

/**
 * The number of elements of a shape that a file gives.
 * @throws FormatError when a dimension is no whole number or the product is too large for any array.
 */
export function countElements(shape: readonly unknown[], file: string, name: string): number {
  let count = 1;
  for (const size of shape) {
    if (!isCount(size)) {
      throw damaged(file, `${name} has the impossible shape [${shape.map(String).join(', ')}]`);
    }
    count *= size;
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
  const length = countElements(shape, file, name) * sizeOfType(type);
  if (bytes.length !== length) {
    throw damaged(
      file,
      `${name} has the shape [${shape.join(', ')}] of ${type}, ${length} bytes, but ${bytes.length} bytes are stored`,
    );
  }
  // A copy starts at a multiple of 8, as typed arrays need it, and does not hold the whole file in memory.
  const stored = new ARRAYS[type](new Uint8Array(bytes).buffer);
  if (stored instanceof BigInt64Array || stored instanceof BigUint64Array)
    return toNumbers(stored, file, name);
  if (type === 'float16') return Float32Array.from(stored, decodeFloat16);
  if (type === 'bfloat16') return new Float32Array(Uint32Array.from(stored, (bits) => bits << 16).buffer);
  if (stored instanceof Uint32Array) return Float64Array.from(stored);
  return stored instanceof Float32Array || stored instanceof Float64Array ? stored : Int32Array.from(stored);
}

function toNumbers(values: BigInt64Array | BigUint64Array, file: string, name: string): Float64Array {
  return Float64Array.from(values as BigInt64Array, (value) => {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
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
