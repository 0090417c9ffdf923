/**
 * The file format of huggingface/safetensors: the length of a JSON header in 8 bytes, the header, then the numbers.
 * Source: github.com/huggingface/safetensors, section "Format".
 */
import { ByteReader } from '../bytes/byte-reader.js';
import { damaged, FormatError } from '../bytes/format-error.js';
import { parseJson, requireArray, requireCount, requireRecord, requireText } from '../bytes/json.js';
import {
  decodeValues,
  encodeFloat16,
  type FileTensor,
  type StoredType,
  sizeOfType,
  type Values,
} from '../data/tensor.js';

const TYPE_OF: Readonly<Record<string, StoredType>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U64: 'uint64',
  U32: 'uint32',
  U16: 'uint16',
  U8: 'uint8',
  BOOL: 'bool',
};

/** The library refuses longer headers. */
const MAX_HEADER = 100_000_000;

interface Entry {
  readonly name: string;
  readonly type: StoredType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/** The tensors of a file and its `__metadata__`. */
export interface SafetensorsContent {
  readonly tensors: readonly FileTensor[];
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads the tensors of a file, in the order of their numbers.
 * @param file the name of the file, for errors.
 * @throws FormatError when the header is wrong, or tensors overlap, leave gaps or lie outside of the file.
 */
export function decodeSafetensors(bytes: Uint8Array, file: string): SafetensorsContent {
  const reader = new ByteReader(bytes, file);
  const length = reader.uint64();
  if (length > MAX_HEADER) throw damaged(file, `its header would have ${length} bytes`);
  const header = requireRecord(parseJson(reader.take(length), file), file, 'the header');
  const data = reader.take(reader.remaining);
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => readEntry(name, entry, file))
    .sort((a, b) => a.start - b.start || a.end - b.end);
  let position = 0;
  for (const { name, start, end } of entries) {
    if (start !== position || end < start) {
      throw damaged(
        file,
        `the numbers of ${name} start at byte ${start}, but must follow those before, at ${position}`,
      );
    }
    position = end;
  }
  if (position !== data.length) {
    throw damaged(file, `its header describes ${position} bytes of numbers, but ${data.length} are stored`);
  }
  const tensors = entries.map(({ name, type, shape, start, end }) => ({
    name,
    type,
    shape,
    values: decodeValues(data.subarray(start, end), type, shape, file, name),
  }));
  return { tensors, metadata: readMetadata(header.__metadata__, file) };
}

function readEntry(name: string, value: unknown, file: string): Entry {
  const entry = requireRecord(value, file, `the header's entry '${name}'`);
  const stored = requireText(entry.dtype, file, `the dtype of '${name}'`);
  if (!Object.hasOwn(TYPE_OF, stored)) {
    throw new FormatError(
      `${file}: '${name}' has the type ${stored}. Sluice reads ${Object.keys(TYPE_OF).join(', ')}.`,
    );
  }
  const shape = requireArray(entry.shape, file, `the shape of '${name}'`).map((size) =>
    requireCount(size, file, `a size of '${name}'`),
  );
  const offsets = requireArray(entry.data_offsets, file, `the data_offsets of '${name}'`);
  const [start, end] = [0, 1].map((i) => requireCount(offsets[i], file, `the data_offsets of '${name}'`));
  return { name, type: TYPE_OF[stored], shape, start, end };
}

function readMetadata(value: unknown, file: string): Record<string, string> {
  if (value === undefined) return {};
  const record = requireRecord(value, file, 'the __metadata__');
  return Object.fromEntries(
    Object.entries(record).map(([key, text]) => [key, requireText(text, file, `the metadata '${key}'`)]),
  );
}

export type { FileTensor } from '../data/tensor.js';

/** A tensor to write: float32, float64 or int32, as its values are. */
export type WrittenTensor = Pick<FileTensor, 'name' | 'shape'> & { readonly values: Values };

export interface EncodeOptions {
  /** Texts for the header: what made the file, the names of classes. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Store floats in 16 bits. */
  readonly float16?: boolean;
}

/** The bytes of a file with these tensors. The longest types come first, then names in order, as the library writes them. */
export function encodeSafetensors(
  tensors: readonly WrittenTensor[],
  options: EncodeOptions = {},
): Uint8Array {
  const entries = tensors
    .map(({ name, shape, values }) => ({ name, shape, ...encodeValues(values, options.float16 ?? false) }))
    .sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1));
  const header: Record<string, unknown> = {};
  if (options.metadata) header.__metadata__ = options.metadata;
  let position = 0;
  for (const { name, shape, dtype, bytes } of entries) {
    if (Object.hasOwn(header, name)) throw new FormatError(`Two tensors have the name '${name}'.`);
    header[name] = { dtype, shape, data_offsets: [position, position + bytes.length] };
    position += bytes.length;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  // Spaces up to a multiple of 8, so that the numbers can be mapped into memory.
  const start = 8 + Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(start + position).fill(0x20, 8, start);
  new DataView(file.buffer).setBigUint64(0, BigInt(start - 8), true);
  file.set(text, 8);
  let at = start;
  for (const { bytes } of entries) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

function encodeValues(values: Values, float16: boolean): { dtype: string; size: number; bytes: Uint8Array } {
  const [stored, dtype]: [Values | Uint16Array, string] =
    values instanceof Int32Array
      ? [values, 'I32']
      : float16
        ? [Uint16Array.from(values, encodeFloat16), 'F16']
        : [values, values instanceof Float64Array ? 'F64' : 'F32'];
  const bytes = new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
  return { dtype, size: sizeOfType(TYPE_OF[dtype]), bytes };
}
