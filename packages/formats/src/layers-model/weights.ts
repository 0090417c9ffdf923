/** The numbers of TensorFlow.js's layers format: one after the other in `.bin` files, perhaps quantised. */
import { damaged, FormatError } from '../bytes/format-error.js';
import { isRecord, requireArray, requireCount, requireRecord, requireText } from '../bytes/json.js';
import { BYTES_OF, countElements, decodeValues, type FileTensor, type StoredType } from '../data/tensor.js';

/** A weight in the manifest. */
export interface WeightEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly stored: StoredType;
  readonly scale: number;
  readonly min: number;
  /** True for the state of an optimizer. */
  readonly isOptimizer: boolean;
}

const STORED = { float32: 'float32', int32: 'int32', bool: 'bool' } as const;

/** An entry of the manifest, checked. */
export function readEntry(value: unknown, file: string): WeightEntry {
  const entry = requireRecord(value, file, 'a weight of the manifest');
  const name = requireText(entry.name, file, 'the name of a weight');
  const shape = requireArray(entry.shape, file, `the shape of ${name}`).map((size) =>
    requireCount(size, file, `a size of ${name}`),
  );
  const dtype = requireText(entry.dtype, file, `the dtype of ${name}`);
  if (!Object.hasOwn(STORED, dtype)) {
    throw new FormatError(
      `${file}: ${name} has the dtype ${dtype}. Sluice reads ${Object.keys(STORED).join(', ')}.`,
    );
  }
  const known = dtype as keyof typeof STORED;
  const base = { name, shape, dtype: known, isOptimizer: entry.group === 'optimizer' };
  if (entry.quantization === undefined) return { ...base, stored: STORED[known], scale: 1, min: 0 };
  return { ...base, ...readQuantization(entry.quantization, name, file) };
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
    `${file}: the quantization of ${name} must be float16, or uint8 or uint16 with a scale and a min, but is ${JSON.stringify(value).slice(0, 80)}.`,
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
    const length = countElements(shape, file, name) * BYTES_OF[stored];
    const part = bytes.subarray(position, position + length);
    if (part.length !== length) {
      throw damaged(file, `${name} needs ${length} bytes of the weights, but only ${part.length} are left`);
    }
    position += length;
    return {
      name,
      shape,
      type: stored,
      values: restore(decodeValues(part, stored, shape, file, name), entry),
    };
  });
  if (position !== bytes.length) {
    throw damaged(
      file,
      `its manifest describes ${position} bytes of weights, but the files have ${bytes.length}`,
    );
  }
  return tensors;
}

/** Numbers that were stored as whole numbers of steps. */
function restore(
  values: FileTensor['values'],
  { dtype, scale, min, stored }: WeightEntry,
): FileTensor['values'] {
  if (stored !== 'uint8' && stored !== 'uint16') return values;
  if (dtype === 'float32') return Float32Array.from(values, (value) => value * scale + min);
  return Int32Array.from(values, (value) => Math.round(value * scale + min));
}

/** Whether a value of the manifest is a group: `{ paths, weights }`. */
export const isGroup = (value: unknown): value is { paths: unknown[]; weights: unknown[] } =>
  isRecord(value) && Array.isArray(value.paths) && Array.isArray(value.weights);
