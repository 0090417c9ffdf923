/** The numbers of TensorFlow.js's layers format: one after the other in `.bin` files, perhaps quantised. */
import { damaged, describe, FormatError } from '../bytes/format-error.js';
import { requireArray, requireCount, requireRecord, requireText } from '../bytes/json.js';
import { decodeFloat16, type FileTensor } from '../data/tensor.js';

/** How numbers are stored: those of the first three as they are, the others instead of float32 or int32. */
const ARRAYS = {
  float32: Float32Array,
  int32: Int32Array,
  bool: Uint8Array,
  float16: Uint16Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
};

/** A weight in the manifest. */
export interface WeightEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly stored: keyof typeof ARRAYS;
  readonly scale: number;
  readonly min: number;
  /** True for the state of an optimizer. */
  readonly isOptimizer: boolean;
}

const isPlain = (dtype: unknown): dtype is 'float32' | 'int32' | 'bool' =>
  dtype === 'float32' || dtype === 'int32' || dtype === 'bool';

/** An entry of the manifest, checked. */
export function readEntry(value: unknown, file: string): WeightEntry {
  const entry = requireRecord(value, file, 'a weight of the manifest');
  const name = requireText(entry.name, file, 'the name of a weight');
  const shape = requireArray(entry.shape, file, `the shape of ${name}`).map((size) =>
    requireCount(size, file, `a size of ${name}`),
  );
  const { dtype } = entry;
  if (!isPlain(dtype)) {
    throw new FormatError(
      `${file}: ${name} has the dtype ${describe(dtype)}. Sluice reads float32, int32 and bool.`,
    );
  }
  const quantized =
    entry.quantization === undefined
      ? { stored: dtype, scale: 1, min: 0 }
      : readQuantization(entry.quantization, name, file);
  return { name, shape, dtype, isOptimizer: entry.group === 'optimizer', ...quantized };
}

function readQuantization(
  value: unknown,
  name: string,
  file: string,
): Pick<WeightEntry, 'stored' | 'scale' | 'min'> {
  const { dtype, scale, min } = requireRecord(value, file, `the quantization of ${name}`);
  if (dtype === 'float16') return { stored: dtype, scale: 1, min: 0 };
  if ((dtype === 'uint8' || dtype === 'uint16') && Number.isFinite(scale) && Number.isFinite(min)) {
    return { stored: dtype, scale: scale as number, min: min as number };
  }
  throw new FormatError(
    `${file}: the quantization of ${name} must be float16, or uint8 or uint16 with a scale and a min, but is ${describe(value)}.`,
  );
}

/**
 * The weights of one group of the manifest.
 * @param bytes the group's files, one after the other.
 * @throws FormatError when the bytes are not exactly those of the entries.
 */
export function decodeGroup(entries: readonly WeightEntry[], bytes: Uint8Array, file: string): FileTensor[] {
  let position = 0;
  const tensors = entries.map((entry) => {
    const { name, shape, stored } = entry;
    const length = shape.reduce((count, size) => count * size, ARRAYS[stored].BYTES_PER_ELEMENT);
    const part = bytes.slice(position, position + length);
    if (part.length !== length) {
      throw damaged(file, `${name} needs ${length} bytes of the weights, but only ${part.length} are left`);
    }
    position += length;
    return { name, shape, type: stored, values: decode(part, entry) };
  });
  if (position !== bytes.length) {
    throw damaged(
      file,
      `its manifest describes ${position} bytes of weights, but the files have ${bytes.length}`,
    );
  }
  return tensors;
}

/** The numbers of a weight; quantised ones are whole numbers of steps. */
function decode(
  { buffer }: Uint8Array<ArrayBuffer>,
  { dtype, scale, min, stored }: WeightEntry,
): FileTensor['values'] {
  const numbers = new ARRAYS[stored](buffer);
  if (stored === dtype && dtype !== 'bool') return numbers as FileTensor['values'];
  if (stored === 'float16') return Float32Array.from(numbers, decodeFloat16);
  if (dtype === 'float32') return Float32Array.from(numbers, (value) => value * scale + min);
  return Int32Array.from(numbers, (value) => Math.round(value * scale + min));
}
