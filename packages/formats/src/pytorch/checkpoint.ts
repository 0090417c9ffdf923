/** PyTorch's `.pt` and `.pth` files: a zip archive, or before PyTorch 1.6 several pickles in a row. */
import { ByteReader } from '../bytes/byte-reader.js';
import { damaged, FormatError } from '../bytes/format-error.js';
import { unzip } from '../bytes/zip.js';
import { countElements, decodeValues, type FileTensor, type StoredType, sizeOfType } from '../data/tensor.js';
import { type Pickled, PickledTensor, type Storage, Unpickler } from './pickle.js';

const TYPE_OF: Readonly<Record<string, StoredType>> = {
  DoubleStorage: 'float64',
  FloatStorage: 'float32',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
};

/** The tensors of a file by their names, and notes about what else it holds. */
export interface StateDict {
  readonly tensors: readonly FileTensor[];
  readonly notes: readonly string[];
}

/** Entries of checkpoints that hold the model's tensors. */
const MODEL_ENTRIES = ['state_dict', 'model_state_dict', 'model', 'net', 'weights'];

/** Reads the tensors of a `.pt` file. @throws FormatError when it holds anything but data, or is damaged. */
export function readCheckpoint(bytes: Uint8Array, file: string): StateDict {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  const { root, bytesOf } = isZip ? openArchive(bytes, file) : openLegacy(bytes, file);
  const { dictionary, notes } = findModel(root, file);
  const read = new Map<string, FileTensor['values']>();
  const tensors: FileTensor[] = [];
  const others: string[] = [];
  for (const [name, value] of dictionary) {
    if (value instanceof PickledTensor) tensors.push(toTensor(String(name), value, bytesOf, read, file));
    else others.push(String(name));
  }
  if (tensors.length === 0) {
    throw new FormatError(
      `${file}: there are no tensors in it${others.length > 0 ? `, but ${others.join(', ')}` : ''}. ` +
        'Save the weights with torch.save(model.state_dict(), path).',
    );
  }
  const left = others.length > 0 ? [`Entries that are no tensors are left out: ${others.join(', ')}.`] : [];
  return { tensors, notes: [...notes, ...left] };
}

/** The dictionary of the model's tensors: the file's own, or an entry of a checkpoint. */
function findModel(root: Pickled, file: string): { dictionary: Map<Pickled, Pickled>; notes: string[] } {
  if (!(root instanceof Map)) {
    const single = root instanceof PickledTensor ? new Map<Pickled, Pickled>([['tensor', root]]) : undefined;
    if (single) return { dictionary: single, notes: [] };
    throw new FormatError(
      `${file}: expected a state_dict, a dictionary of tensors. Save it with torch.save(model.state_dict(), path).`,
    );
  }
  for (const name of MODEL_ENTRIES) {
    const inner = root.get(name);
    if (!(inner instanceof Map)) continue;
    const others = [...root.keys()].filter((key) => key !== name).join(', ');
    return {
      dictionary: inner,
      notes: others ? [`Of the checkpoint only ${name} is read, not ${others}.`] : [],
    };
  }
  return { dictionary: root, notes: [] };
}

interface Opened {
  readonly root: Pickled;
  /** The bytes of a storage. */
  readonly bytesOf: (storage: Storage) => Uint8Array;
}

function openArchive(bytes: Uint8Array, file: string): Opened {
  let isScript = false;
  const parts = unzip(bytes, file, (path) => {
    isScript ||= /^[^/]+\/(code\/|constants\.pkl$)/.test(path);
    return /^[^/]+\/(data\.pkl|byteorder|data\/\w+)$/.test(path);
  });
  const pickle = [...parts.keys()].find((path) => path.endsWith('/data.pkl'));
  if (isScript) {
    throw new FormatError(
      `${file}: this is a TorchScript archive, which holds a program. Save the weights with torch.save(model.state_dict(), path), or export ONNX.`,
    );
  }
  if (!pickle)
    throw new FormatError(`${file}: the zip archive has no data.pkl, so it is no file of PyTorch.`);
  const folder = pickle.slice(0, -'data.pkl'.length);
  const order = parts.get(`${folder}byteorder`);
  if (order && new TextDecoder().decode(order) !== 'little') {
    throw new FormatError(`${file}: it was saved on a big-endian machine. Save it again on another one.`);
  }
  return {
    root: new Unpickler(new ByteReader(parts.get(pickle) as Uint8Array, file), file).read(),
    bytesOf: ({ key }) => {
      const data = parts.get(`${folder}data/${key}`);
      if (!data) throw damaged(file, `the numbers ${key} are missing`);
      return data;
    },
  };
}

/** A number that begins such files, as a pickle of ten bytes. */
const LEGACY_START = [
  0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e,
];

export const isLegacy = (bytes: Uint8Array): boolean => LEGACY_START.every((byte, i) => bytes[i] === byte);

function openLegacy(bytes: Uint8Array, file: string): Opened {
  const reader = new ByteReader(bytes, file);
  const next = () => new Unpickler(reader, file).read();
  next();
  next();
  const system = next();
  if (system instanceof Map && system.get('little_endian') === false) {
    throw new FormatError(`${file}: it was saved on a big-endian machine. Save it again on another one.`);
  }
  const root = next();
  const keys = next();
  const storages = new Map<string, Storage>();
  collectStorages(root, storages);
  const data = new Map<string, Uint8Array>();
  for (const key of Array.isArray(keys) ? keys : []) {
    const storage = storages.get(String(key));
    const length = reader.uint64();
    if (!storage) throw damaged(file, `the numbers ${String(key)} belong to no tensor`);
    data.set(storage.key, reader.take(length * sizeOfType(typeOf(storage, file))));
  }
  return {
    root,
    bytesOf: ({ key }) => {
      const found = data.get(key);
      if (!found) throw damaged(file, `the numbers ${key} are missing`);
      return found;
    },
  };
}

function collectStorages(value: Pickled, storages: Map<string, Storage>, seen = new Set<unknown>()): void {
  if (seen.has(value)) return;
  if (value instanceof PickledTensor) storages.set(value.storage.key, value.storage);
  else if (value instanceof Map || Array.isArray(value)) {
    seen.add(value);
    for (const inner of value.values()) collectStorages(inner, storages, seen);
  }
}

function typeOf({ type }: Storage, file: string): StoredType {
  if (Object.hasOwn(TYPE_OF, type)) return TYPE_OF[type];
  throw new FormatError(`${file}: it holds a ${type}. Sluice reads ${Object.keys(TYPE_OF).join(', ')}.`);
}

/** A tensor's numbers in row-major order. */
function toTensor(
  name: string,
  { storage, offset, shape, strides }: PickledTensor,
  bytesOf: Opened['bytesOf'],
  read: Map<string, FileTensor['values']>,
  file: string,
): FileTensor {
  const type = typeOf(storage, file);
  const count = countElements(shape, file, name);
  const bytes = bytesOf(storage);
  const stored = bytes.length / sizeOfType(type);
  const last = shape.reduce((sum, size, i) => sum + Math.max(0, size - 1) * strides[i], offset);
  if (!Number.isInteger(stored) || count > stored || (count > 0 && last >= stored)) {
    throw damaged(file, `${name} has the shape [${shape.join(', ')}], but its storage has ${stored} numbers`);
  }
  const all = read.get(storage.key) ?? decodeValues(bytes, type, [stored], file, name);
  read.set(storage.key, all);
  return { name, shape, type, values: gather(all, offset, shape, strides, count) };
}

function gather(
  all: FileTensor['values'],
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
  count: number,
): FileTensor['values'] {
  const values = new (all.constructor as Float32ArrayConstructor)(count) as FileTensor['values'];
  const index = shape.map(() => 0);
  let position = offset;
  for (let i = 0; i < count; i++) {
    values[i] = all[position];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      position += strides[axis];
      if (++index[axis] < shape[axis]) break;
      position -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return values;
}
