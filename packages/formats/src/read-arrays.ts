/** NumPy's `.npz` files: a zip archive of `.npy` arrays. Source: numpy.org/doc/stable/reference/generated/numpy.lib.format.html. */
import { ByteReader, decodeText } from './bytes/byte-reader.js';
import { damaged, FormatError } from './bytes/format-error.js';
import { openSource, type Source, type SourceOptions } from './bytes/source.js';
import { unzip } from './bytes/zip.js';
import { decodeValues, type FileTensor, type StoredType } from './data/tensor.js';

const TYPE_OF: Readonly<Record<string, StoredType>> = {
  '<f8': 'float64',
  '<f4': 'float32',
  '<f2': 'float16',
  '<i8': 'int64',
  '<i4': 'int32',
  '<i2': 'int16',
  '|i1': 'int8',
  '<u8': 'uint64',
  '<u4': 'uint32',
  '<u2': 'uint16',
  '|u1': 'uint8',
  '|b1': 'bool',
};

/**
 * Reads the arrays of an `.npz` file.
 * @throws FormatError when it is damaged, or an array holds objects or is stored column by column.
 */
export async function readArrays(source: Source, options: SourceOptions = {}): Promise<FileTensor[]> {
  const { bytes, name: file } = await openSource(source, options);
  const parts = unzip(bytes, file, (path) => path.endsWith('.npy'));
  return [...parts].map(([path, content]) => readArray(content, path.replace(/\.npy$/, ''), file));
}

function readArray(bytes: Uint8Array, name: string, file: string): FileTensor {
  const reader = new ByteReader(bytes, file);
  const magic = reader.take(6);
  if (magic[0] !== 0x93 || decodeText(magic.subarray(1), file) !== 'NUMPY')
    throw damaged(file, `${name} is no array of NumPy`);
  const version = reader.uint8();
  reader.uint8();
  const header = decodeText(reader.take(version === 1 ? reader.uint16() : reader.uint32()), file);
  const [, type] = /'descr':\s*'([^']*)'/.exec(header) ?? [];
  const [, order] = /'fortran_order':\s*(True|False)/.exec(header) ?? [];
  const [, sizes] = /'shape':\s*\(([\d,\s]*)\)/.exec(header) ?? [];
  if (type === undefined || !Object.hasOwn(TYPE_OF, type) || sizes === undefined) {
    throw new FormatError(
      `${file}: ${name} holds ${type ?? 'objects'}. Sluice reads arrays of ${Object.keys(TYPE_OF).join(', ')}.`,
    );
  }
  if (order === 'True') {
    throw new FormatError(
      `${file}: ${name} is stored column by column. Save numpy.ascontiguousarray(${name}).`,
    );
  }
  const shape = sizes
    .split(',')
    .map((size) => size.trim())
    .filter(Boolean)
    .map(Number);
  return {
    name,
    shape,
    type: TYPE_OF[type],
    values: decodeValues(reader.take(reader.remaining), TYPE_OF[type], shape, file, name),
  };
}
