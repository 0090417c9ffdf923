/**
 * Python's pickle, restricted to the data of tensors. No function of a file is called: names of classes outside of a short list
 * are refused. Source: docs.python.org/3/library/pickletools.html; torch/serialization.py.
 */
import { type ByteReader, decodeText } from '../bytes/byte-reader.js';
import { damaged, FormatError } from '../bytes/format-error.js';

/** A value of a pickle: texts, numbers, lists (tuples too), maps, tensors. */
export type Pickled =
  | string
  | number
  | boolean
  | null
  | Pickled[]
  | Map<Pickled, Pickled>
  | PickledTensor
  | Name;

/** The place of numbers that several tensors may share. */
export interface Storage {
  readonly key: string;
  /** `FloatStorage`, `HalfStorage`, … */
  readonly type: string;
  /** The number of elements. */
  readonly length: number;
}

/** A tensor: a view of a storage. */
export class PickledTensor {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** The name of one of the allowed classes and functions. */
class Name {
  constructor(readonly text: string) {}
}

/** The end of an argument list on the stack. */
const MARK = Symbol('mark');

const STORAGE = /^torch(\.cuda|\.storage)? (\w+Storage)$/;
const ALLOWED = [
  'collections OrderedDict',
  'torch._utils _rebuild_tensor',
  'torch._utils _rebuild_tensor_v2',
  'torch._utils _rebuild_parameter',
  'torch Size',
  'torch device',
];

/** No state of a model has more values. */
const MAX_VALUES = 10_000_000;

/** Reads one pickle from a reader, up to its end. */
export class Unpickler {
  private readonly stack: (Pickled | typeof MARK)[] = [];
  private readonly memo = new Map<number, Pickled>();
  private values = 0;

  constructor(
    private readonly reader: ByteReader,
    private readonly file: string,
  ) {}

  /** The value. @throws FormatError when the pickle is damaged, or names a class that is not allowed. */
  read(): Pickled {
    for (;;) {
      const code = this.reader.uint8();
      if (code === 0x2e) return this.pop();
      if (++this.values > MAX_VALUES) throw damaged(this.file, 'it has too many values');
      const operation = Object.hasOwn(OPERATIONS, code) ? OPERATIONS[code] : undefined;
      if (!operation) throw damaged(this.file, `its pickle has the unknown code 0x${code.toString(16)}`);
      operation(this, this.reader);
    }
  }

  push(value: Pickled | typeof MARK): void {
    this.stack.push(value);
  }

  pop(): Pickled {
    const value = this.stack.pop();
    if (value === undefined || value === MARK)
      throw damaged(this.file, 'its pickle uses a value that is not there');
    return value as Pickled;
  }

  top(): Pickled {
    const value = this.pop();
    this.push(value);
    return value;
  }

  /** The values behind the last mark. */
  popToMark(): Pickled[] {
    const start = this.stack.lastIndexOf(MARK);
    if (start < 0) throw damaged(this.file, 'its pickle has no mark');
    const values = this.stack.splice(start + 1) as Pickled[];
    this.stack.pop();
    return values;
  }

  text(bytes: Uint8Array): void {
    this.push(decodeText(bytes, this.file));
  }

  /** A line of text, as old codes have it. */
  line(): string {
    const start = this.reader.position;
    while (this.reader.uint8() !== 0x0a);
    return decodeText(this.reader.bytes.subarray(start, this.reader.position - 1), this.file);
  }

  put(index: number): void {
    this.memo.set(index, this.top());
  }

  memoize(): void {
    this.memo.set(this.memo.size, this.top());
  }

  get(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined)
      throw damaged(this.file, `its pickle refers to the value ${index}, which is not there`);
    this.push(value);
  }

  /** A class or function by its name. @throws FormatError when it is not one of the allowed. */
  name(module: string, name: string): void {
    const text = `${module} ${name}`;
    if (ALLOWED.includes(text) || STORAGE.test(text)) {
      this.push(new Name(text));
      return;
    }
    const isModule = /(^|\.)nn\./.test(module) || module === '__main__';
    throw new FormatError(
      `${this.file}: it wants to make a Python object ${module}.${name}. Only tensors are read, since any other object could run code. ` +
        (isModule
          ? 'It holds a whole module; save its weights with torch.save(model.state_dict(), path) or safetensors.'
          : 'Save the weights alone with torch.save(model.state_dict(), path) or safetensors.'),
    );
  }

  /** Calls one of the allowed functions. */
  call(): void {
    const args = this.pop();
    const callee = this.pop();
    if (!(callee instanceof Name) || !Array.isArray(args))
      throw damaged(this.file, 'its pickle calls what is no function');
    this.push(this.result(callee.text, args));
  }

  private result(name: string, args: readonly Pickled[]): Pickled {
    switch (name) {
      case 'collections OrderedDict':
        return new Map();
      case 'torch Size':
        return args[0];
      case 'torch device':
        return null;
      case 'torch._utils _rebuild_parameter':
        return args[0];
      default:
        return this.tensor(args);
    }
  }

  private tensor([storage, offset, shape, strides]: readonly Pickled[]): PickledTensor {
    const known = this.storages.get(storage as object);
    const isCounts = (value: Pickled): value is number[] =>
      Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
    const fits =
      known && isCounts([offset]) && isCounts(shape) && isCounts(strides) && shape.length === strides.length;
    if (!fits) throw damaged(this.file, 'its pickle describes an impossible tensor');
    return new PickledTensor(known, offset as number, shape, strides);
  }

  private readonly storages = new Map<object, Storage>();

  /** A storage by its description: `('storage', type, key, device, length)`. */
  persistent(): void {
    const id = this.pop();
    const [kind, type, key, , length] = Array.isArray(id) ? id : [];
    const [, , name] = (type instanceof Name && STORAGE.exec(type.text)) || [];
    if (
      kind !== 'storage' ||
      name === undefined ||
      typeof key !== 'string' ||
      !Number.isSafeInteger(length)
    ) {
      throw damaged(this.file, 'its pickle refers to something that is no storage');
    }
    const handle: Pickled[] = [];
    this.storages.set(handle, { key, type: name, length: length as number });
    this.push(handle);
  }

  setItems(values: readonly Pickled[]): void {
    const target = this.top();
    if (!(target instanceof Map) || values.length % 2 !== 0)
      throw damaged(this.file, 'its pickle fills what is no dictionary');
    for (let i = 0; i < values.length; i += 2) target.set(values[i], values[i + 1]);
  }

  append(values: readonly Pickled[]): void {
    const target = this.top();
    if (!Array.isArray(target)) throw damaged(this.file, 'its pickle fills what is no list');
    for (const value of values) target.push(value);
  }

  /** The attributes of an object: only an ordered dictionary has any here, and they are no weights. */
  build(): void {
    this.pop();
    this.top();
  }
}

type Operation = (machine: Unpickler, reader: ByteReader) => void;

const tuple =
  (count: number): Operation =>
  (machine) => {
    const values = Array.from({ length: count }, () => machine.pop()).reverse();
    machine.push(values);
  };

/** A whole number of any length, little-endian. */
function longInteger(bytes: Uint8Array): number {
  let value = 0;
  for (let i = bytes.length - 1; i >= 0; i--) value = value * 256 + bytes[i];
  return bytes.length > 0 && bytes[bytes.length - 1] >= 128 ? value - 256 ** bytes.length : value;
}

const OPERATIONS: Readonly<Record<number, Operation>> = {
  128: (_, reader) => void reader.uint8(),
  149: (_, reader) => void reader.take(8),
  40: (machine) => machine.push(MARK),
  125: (machine) => machine.push(new Map()),
  93: (machine) => machine.push([]),
  41: (machine) => machine.push([]),
  116: (machine) => machine.push(machine.popToMark()),
  108: (machine) => machine.push(machine.popToMark()),
  133: tuple(1),
  134: tuple(2),
  135: tuple(3),
  78: (machine) => machine.push(null),
  136: (machine) => machine.push(true),
  137: (machine) => machine.push(false),
  74: (machine, reader) => machine.push(reader.int32()),
  75: (machine, reader) => machine.push(reader.uint8()),
  77: (machine, reader) => machine.push(reader.uint16()),
  138: (machine, reader) => machine.push(longInteger(reader.take(reader.uint8()))),
  71: (machine, reader) => {
    const bytes = reader.take(8);
    machine.push(new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0));
  },
  88: (machine, reader) => machine.text(reader.take(reader.uint32())),
  140: (machine, reader) => machine.text(reader.take(reader.uint8())),
  84: (machine, reader) => machine.text(reader.take(reader.uint32())),
  85: (machine, reader) => machine.text(reader.take(reader.uint8())),
  113: (machine, reader) => machine.put(reader.uint8()),
  114: (machine, reader) => machine.put(reader.uint32()),
  148: (machine) => machine.memoize(),
  104: (machine, reader) => machine.get(reader.uint8()),
  106: (machine, reader) => machine.get(reader.uint32()),
  99: (machine) => machine.name(machine.line(), machine.line()),
  147: (machine) => {
    const name = machine.pop();
    machine.name(String(machine.pop()), String(name));
  },
  82: (machine) => machine.call(),
  81: (machine) => machine.persistent(),
  115: (machine) => {
    const value = machine.pop();
    machine.setItems([machine.pop(), value]);
  },
  117: (machine) => machine.setItems(machine.popToMark()),
  97: (machine) => machine.append([machine.pop()]),
  101: (machine) => machine.append(machine.popToMark()),
  98: (machine) => machine.build(),
  48: (machine) => void machine.pop(),
};
