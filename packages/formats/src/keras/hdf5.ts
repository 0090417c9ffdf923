/** HDF5 files as groups and tensors, read by jsfive. */
import { Dataset, File, Group } from 'jsfive';
import { damaged, FormatError } from '../bytes/format-error.js';
import { countElements, type FileTensor, type StoredType, type Values } from '../data/tensor.js';

/** The types of numbers in HDF5 files as jsfive writes them, without the byte order. */
const TYPE_OF: Readonly<Record<string, StoredType>> = {
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
};

/** No model nests its groups deeper, and none has more of them. */
const MAX_DEPTH = 40;
const MAX_ENTRIES = 100_000;

/** Compressed numbers may take this many times the size of the file, and this much in any case. */
const MAX_RATIO = 100;
const ALWAYS_ALLOWED = 1 << 24;

/** One group of a file. */
export class Hdf5Group {
  constructor(
    private readonly group: Group,
    private readonly context: {
      readonly file: string;
      readonly size: number;
      entries: number;
      elements: number;
    },
    private readonly depth = 0,
  ) {}

  /** The names in the group. */
  get names(): readonly string[] {
    return this.guard(() => [...this.group.keys], 'its names');
  }

  /** The group of that name; undefined if there is none. */
  child(name: string): Hdf5Group | undefined {
    if (this.depth >= MAX_DEPTH)
      throw damaged(this.context.file, `its groups nest more than ${MAX_DEPTH} deep`);
    if (++this.context.entries > MAX_ENTRIES) throw damaged(this.context.file, 'it has too many groups');
    const found = this.find(name);
    return found instanceof Group ? new Hdf5Group(found, this.context, this.depth + 1) : undefined;
  }

  /** The numbers of that name or path; undefined if there are none. */
  tensor(path: string): FileTensor | undefined {
    const { file, size } = this.context;
    const found = this.find(path);
    if (!(found instanceof Dataset)) return undefined;
    const shape = this.guard(() => [...(found.shape ?? [])], path);
    const stored = this.guard(() => found.dtype, path);
    const [, type] = (typeof stored === 'string' && /^[<>|=]?(\w\d)$/.exec(stored)) || [];
    if (type === undefined || !Object.hasOwn(TYPE_OF, type)) {
      throw new FormatError(
        `${file}: ${path} holds values of the type ${JSON.stringify(stored)}, not numbers.`,
      );
    }
    const count = countElements(shape, file, path);
    this.context.elements += count;
    if (this.context.elements * 4 > Math.max(ALWAYS_ALLOWED, size * MAX_RATIO)) {
      throw damaged(file, `${path} would have ${count} numbers, far more than the file holds`);
    }
    const values = this.guard(() => found.value, path);
    if (values?.length !== count) {
      throw damaged(file, `${path} has the shape [${shape.join(', ')}], but ${values?.length ?? 0} numbers`);
    }
    return { name: path, shape, type: TYPE_OF[type], values: toValues(values, TYPE_OF[type]) };
  }

  /** A text of the group's attributes. */
  text(name: string): string | undefined {
    const value = this.attribute(name);
    return typeof value === 'string' ? withoutPadding(value) : undefined;
  }

  /** A list of texts of the group's attributes; Keras cuts a long one into `name0`, `name1`, … */
  texts(name: string): readonly string[] | undefined {
    const whole = this.attribute(name);
    if (whole !== undefined) return toTexts(whole);
    const parts: string[] = [];
    for (let i = 0; ; i++) {
      const part = this.attribute(name + i);
      if (part === undefined) return i === 0 ? undefined : parts;
      parts.push(...toTexts(part));
    }
  }

  private attribute(name: string): unknown {
    return this.guard(() => this.group.attrs[name], `the attribute ${name}`);
  }

  private find(path: string): unknown {
    if (!path.split('/').every((part) => part !== '' && part !== '..')) return undefined;
    return this.guard(() => {
      const [first, ...rest] = path.split('/');
      let found: unknown = this.group.keys.includes(first) ? this.group.get(first) : undefined;
      for (const part of rest) {
        found = found instanceof Group && found.keys.includes(part) ? found.get(part) : undefined;
      }
      return found;
    }, path);
  }

  /** jsfive fails anywhere in a damaged file. */
  private guard<T>(read: () => T, what: string): T {
    try {
      return read();
    } catch (error) {
      throw damaged(
        this.context.file,
        `${what} cannot be read (${error instanceof Error ? error.message : error})`,
      );
    }
  }
}

/** Opens a file. @throws FormatError when it is no HDF5 file. */
export function openHdf5(bytes: Uint8Array, file: string): Hdf5Group {
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  let root: File;
  try {
    root = new File(buffer, file);
  } catch (error) {
    throw damaged(
      file,
      `it is no HDF5 file that can be read (${error instanceof Error ? error.message : error})`,
    );
  }
  correctAttributes(root);
  return new Hdf5Group(root, { file, size: bytes.length, entries: 0, elements: 0 });
}

/** The part of jsfive that reads attributes; a file with one fault makes it read billions of empty texts. */
interface AttributeReader {
  _attr_value(type: unknown, buffer: ArrayBuffer, count: number, offset: number): unknown;
}

/** HDF5's number for this character set. */
const UTF8 = 1;

const corrected = new WeakSet<AttributeReader>();

/**
 * Lets jsfive read no more values of an attribute than the file has bytes. And lets it read all texts as UTF-8, of which ASCII is a
 * part: h5py writes names with other letters as UTF-8, but marks them as ASCII.
 */
function correctAttributes(root: File): void {
  const { _dataobjects: objects } = root as unknown as { _dataobjects: object };
  const reader = Object.getPrototypeOf(objects) as AttributeReader;
  if (corrected.has(reader)) return;
  corrected.add(reader);
  const readValues = reader._attr_value;
  reader._attr_value = function (type, buffer, count, offset) {
    if (!(count <= buffer.byteLength)) throw new Error(`an attribute has ${count} values`);
    const isText = Array.isArray(type) && type[0] === 'VLEN_STRING';
    return readValues.call(this, isText ? [...type.slice(0, 2), UTF8] : type, buffer, count, offset);
  };
}

/** Texts of fixed length end in zeros. */
const withoutPadding = (text: string): string => text.replace(/\0+$/, '');

const toTexts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((text) => typeof text === 'string').map(withoutPadding);

function toValues(values: ArrayLike<number>, type: StoredType): Values {
  if (type === 'float64' || type === 'uint32' || type.endsWith('64'))
    return Float64Array.from(values, Number);
  return type.startsWith('float') ? Float32Array.from(values) : Int32Array.from(values);
}
