/** Operations of ONNX that move, choose or repeat elements. Source: github.com/onnx/onnx/blob/main/docs/Operators.md */
import type { StoredType } from '../data/tensor.js';
import type { Attributes } from './scope.js';
import {
  broadcastShape,
  type Constant,
  concatenate,
  expandTo,
  type Reserve,
  sizeOf,
  stridesOf,
  takeStrided,
} from './strided.js';

/** One evaluation of an operation. */
export interface OperationCall {
  /** Undefined for inputs that are left out. */
  readonly inputs: readonly (Constant | undefined)[];
  readonly attributes: Attributes;
  /** The number of outputs. */
  readonly outputs: number;
  readonly reserve: Reserve;
  /** The constant of a tensor in an attribute. */
  readonly tensor: (attribute: string) => Constant | undefined;
}

/** The outputs of an operation. @throws Error saying why these inputs have none. */
export type FoldOperation = (call: OperationCall) => Constant[];

/** An input that the operation cannot do without. */
export function required({ inputs }: OperationCall, i: number): Constant {
  const input = inputs[i];
  if (!input) throw new Error(`input ${i} is missing`);
  return input;
}

/** Whole numbers from an input, or from an attribute as in old operator sets; undefined when both are absent. */
function integers(
  { inputs, attributes }: OperationCall,
  input: number,
  attribute: string,
): number[] | undefined {
  const given = inputs[input];
  if (given) return Array.from(given.values);
  const stored = attributes.get(attribute);
  return stored && [...stored.ints];
}

/** An axis, counted from the end when negative. */
export function axisOf(axis: number, rank: number): number {
  const counted = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(counted) && counted >= 0 && counted < rank) return counted;
  throw new Error(`there is no axis ${axis} among ${rank}`);
}

export const integerAttribute = (attributes: Attributes, name: string, absent: number): number =>
  attributes.get(name)?.i ?? absent;

export const integerConstant = (numbers: readonly number[]): Constant => ({
  type: 'int64',
  shape: [numbers.length],
  values: Float64Array.from(numbers),
});

/** The same elements with another shape. */
function reshape(source: Constant, shape: readonly number[]): Constant {
  const fits = shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (fits && sizeOf(shape) === source.values.length) return { ...source, shape };
  throw new Error(`the shape [${source.shape.join(', ')}] cannot become [${shape.join(', ')}]`);
}

const identity: FoldOperation = (call) => [required(call, 0)];

const constant: FoldOperation = ({ attributes, tensor }) => {
  const value = tensor('value');
  if (value) return [value];
  const list = (type: StoredType, numbers: readonly number[]): Constant => ({
    type,
    shape: [numbers.length],
    values: type === 'float32' ? Float32Array.from(numbers) : Float64Array.from(numbers),
  });
  const scalar = (type: StoredType, number: number) => [{ ...list(type, [number]), shape: [] }];
  const get = (name: string) => attributes.get(name);
  if (get('value_float')) return scalar('float32', get('value_float')?.f ?? 0);
  if (get('value_int')) return scalar('int64', get('value_int')?.i ?? 0);
  if (get('value_floats')) return [list('float32', get('value_floats')?.floats ?? [])];
  if (get('value_ints')) return [list('int64', get('value_ints')?.ints ?? [])];
  throw new Error('its value is of a type that is not read');
};

const slice: FoldOperation = (call) => {
  const data = required(call, 0);
  const starts = integers(call, 1, 'starts') ?? [];
  const ends = integers(call, 2, 'ends') ?? [];
  const axes = integers(call, 3, 'axes') ?? starts.map((_, i) => i);
  const steps = integers(call, 4, 'steps') ?? starts.map(() => 1);
  const shape = [...data.shape];
  const strides = stridesOf(shape);
  let offset = 0;
  axes.forEach((given, i) => {
    const axis = axisOf(given, data.shape.length);
    const size = data.shape[axis];
    const step = steps[i];
    if (!step) throw new Error('a step is 0 or missing');
    const counted = (index: number) => (index < 0 ? index + size : index);
    const limit = (index: number, low: number, high: number) => Math.min(Math.max(index, low), high);
    const start = limit(counted(starts[i]), 0, step > 0 ? size : size - 1);
    const end = limit(counted(ends[i]), step > 0 ? 0 : -1, size);
    shape[axis] = Math.max(0, Math.ceil((end - start) / step)) || 0;
    offset += start * strides[axis];
    strides[axis] *= step;
  });
  return [takeStrided(data, shape, strides, offset, call.reserve)];
};

const concat: FoldOperation = (call) => {
  const parts = call.inputs.map((_, i) => required(call, i));
  if (parts.length === 0) throw new Error('it has no inputs');
  const { shape } = parts[0];
  const axis = axisOf(integerAttribute(call.attributes, 'axis', 1), shape.length);
  for (const part of parts) {
    const fits =
      part.shape.length === shape.length && part.shape.every((size, i) => i === axis || size === shape[i]);
    if (!fits) throw new Error(`the shapes [${shape.join(', ')}] and [${part.shape.join(', ')}] do not fit`);
  }
  return [concatenate(parts, axis, call.reserve)];
};

const squeeze: FoldOperation = (call) => {
  const data = required(call, 0);
  const rank = data.shape.length;
  const axes = integers(call, 1, 'axes')?.map((axis) => axisOf(axis, rank));
  const kept = data.shape.filter((size, i) => (axes ? !axes.includes(i) : size !== 1));
  return [reshape(data, kept)];
};

const unsqueeze: FoldOperation = (call) => {
  const data = required(call, 0);
  const given = integers(call, 1, 'axes') ?? [];
  const rank = data.shape.length + given.length;
  if (rank > 32) throw new Error(`it makes ${rank} axes`);
  const axes = given.map((axis) => axisOf(axis, rank));
  const sizes = data.shape.values();
  const shape = Array.from({ length: rank }, (_, i) => (axes.includes(i) ? 1 : (sizes.next().value ?? 1)));
  return [reshape(data, shape)];
};

const reshapeOperation: FoldOperation = (call) => {
  const data = required(call, 0);
  const wanted = integers(call, 1, 'shape') ?? [];
  const keepsZero = integerAttribute(call.attributes, 'allowzero', 0) === 1;
  const shape = wanted.map((size, i) => (size === 0 && !keepsZero ? data.shape[i] : size));
  const known = sizeOf(shape.filter((size) => size !== -1));
  return [
    reshape(
      data,
      shape.map((size) => (size === -1 ? data.values.length / known : size)),
    ),
  ];
};

const flatten: FoldOperation = (call) => {
  const data = required(call, 0);
  const given = integerAttribute(call.attributes, 'axis', 1);
  const axis = given < 0 ? given + data.shape.length : given;
  return [reshape(data, [sizeOf(data.shape.slice(0, axis)), sizeOf(data.shape.slice(axis))])];
};

const transpose: FoldOperation = (call) => {
  const data = required(call, 0);
  const stored = call.attributes.get('perm')?.ints;
  const order = stored?.length ? stored : data.shape.map((_, i) => data.shape.length - 1 - i);
  const valid = new Set(order).size === data.shape.length && order.length === data.shape.length;
  if (!valid) throw new Error(`its perm [${order.join(', ')}] is no order of ${data.shape.length} axes`);
  const axes = order.map((axis) => axisOf(axis, data.shape.length));
  const strides = stridesOf(data.shape);
  const shape = axes.map((axis) => data.shape[axis]);
  return [
    takeStrided(
      data,
      shape,
      axes.map((axis) => strides[axis]),
      0,
      call.reserve,
    ),
  ];
};

const gather: FoldOperation = (call) => {
  const [data, indices] = [required(call, 0), required(call, 1)];
  const axis = axisOf(integerAttribute(call.attributes, 'axis', 0), data.shape.length);
  const strides = stridesOf(data.shape);
  const picked = Array.from(indices.values, (index) => {
    const row = axisOf(index, data.shape[axis]);
    return takeStrided(data, data.shape.with(axis, 1), strides, row * strides[axis], call.reserve);
  });
  const shape = [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)];
  if (picked.length === 0) throw new Error('it gathers nothing');
  return [reshape(concatenate(picked, axis, call.reserve), shape)];
};

const split: FoldOperation = (call) => {
  const data = required(call, 0);
  const axis = axisOf(integerAttribute(call.attributes, 'axis', 0), data.shape.length);
  const size = data.shape[axis];
  const equal = Math.ceil(size / call.outputs);
  const even = Array.from({ length: call.outputs }, (_, i) => Math.min(equal, size - i * equal));
  const sizes = integers(call, 1, 'split') ?? even;
  const fits = sizes.length === call.outputs && sizes.every((part) => part >= 0);
  if (!fits || sizes.reduce((a, b) => a + b, 0) !== size) {
    throw new Error(`it splits ${size} into ${sizes.join(' + ')}`);
  }
  const strides = stridesOf(data.shape);
  let start = 0;
  return sizes.map((part) => {
    const offset = start * strides[axis];
    start += part;
    return takeStrided(data, data.shape.with(axis, part), strides, offset, call.reserve);
  });
};

const expand: FoldOperation = (call) => {
  const data = required(call, 0);
  const wanted = Array.from(required(call, 1).values);
  const shape = broadcastShape(data.shape, wanted);
  if (!shape) throw new Error(`[${data.shape.join(', ')}] cannot be expanded to [${wanted.join(', ')}]`);
  return [expandTo(data, shape, call.reserve)];
};

const constantOfShape: FoldOperation = (call) => {
  const shape = Array.from(required(call, 0).values);
  const value = call.tensor('value') ?? { type: 'float32', shape: [1], values: new Float32Array(1) };
  if (value.values.length !== 1) throw new Error('its value must be one number');
  return [
    takeStrided(
      value,
      shape,
      shape.map(() => 0),
      0,
      call.reserve,
    ),
  ];
};

const shapeOperation: FoldOperation = (call) => {
  const { shape } = required(call, 0);
  const { attributes } = call;
  const end = attributes.get('end')?.i;
  return [integerConstant(shape.slice(integerAttribute(attributes, 'start', 0), end))];
};

/** The operations by their names in ONNX. */
export const shapeOperations: Readonly<Record<string, FoldOperation>> = {
  Identity: identity,
  Dropout: identity,
  Constant: constant,
  Slice: slice,
  Concat: concat,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Reshape: reshapeOperation,
  Flatten: flatten,
  Transpose: transpose,
  Gather: gather,
  Split: split,
  Expand: expand,
  ConstantOfShape: constantOfShape,
  Shape: shapeOperation,
};
