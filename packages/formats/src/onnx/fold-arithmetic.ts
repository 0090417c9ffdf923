/** Operations of ONNX that compute with numbers. Source: github.com/onnx/onnx/blob/main/docs/Operators.md */
import { decodeFloat16, encodeFloat16 } from '../data/tensor.js';
import { axisOf, type FoldOperation, integerAttribute, integerConstant, required } from './fold-shapes.js';
import { broadcastShape, type Constant, expandTo } from './strided.js';
import { emptyValues, typeOfNumber } from './tensors.js';

const isFloat = ({ type }: Constant): boolean => type.includes('float');

/** An operation on the elements of two arrays that fit together, as in NumPy. */
const binary =
  (compute: (a: number, b: number) => number): FoldOperation =>
  (call) => {
    const [a, b] = [required(call, 0), required(call, 1)];
    const shape = broadcastShape(a.shape, b.shape);
    if (!shape) throw new Error(`[${a.shape.join(', ')}] and [${b.shape.join(', ')}] do not fit together`);
    const [x, y] = [expandTo(a, shape, call.reserve), expandTo(b, shape, call.reserve)];
    call.reserve(x.values.length);
    const values = emptyValues(a.type, x.values.length);
    for (let i = 0; i < values.length; i++) values[i] = compute(x.values[i], y.values[i]);
    return [{ type: a.type, shape, values }];
  };

const unary =
  (compute: (a: number) => number): FoldOperation =>
  (call) => {
    const a = required(call, 0);
    call.reserve(a.values.length);
    return [{ ...a, values: a.values.map(compute) }];
  };

const divide: FoldOperation = (call) => {
  const whole = !isFloat(required(call, 0));
  return binary((a, b) => (whole ? Math.trunc(a / b) : a / b))(call);
};

/** The rest of a division, with the sign of the divisor, or of the dividend where `fmod` is 1. */
const rest: FoldOperation = (call) => {
  const isFmod = integerAttribute(call.attributes, 'fmod', 0) !== 0;
  return binary((a, b) => (isFmod ? a % b : a - b * Math.floor(a / b)))(call);
};

const cast: FoldOperation = (call) => {
  const source = required(call, 0);
  const number = call.attributes.get('to')?.i;
  const type = typeOfNumber(number);
  if (!type || type === 'bfloat16') throw new Error(`a cast to the type ${number} is not evaluated`);
  call.reserve(source.values.length);
  const toType = (value: number): number => {
    if (type === 'bool') return value === 0 ? 0 : 1;
    if (type === 'float16') return decodeFloat16(encodeFloat16(value));
    return type.startsWith('float') ? value : Math.trunc(value);
  };
  const values = emptyValues(type, source.values.length);
  for (let i = 0; i < values.length; i++) values[i] = toType(source.values[i]);
  return [{ type, shape: source.shape, values }];
};

/** `(x − zeroPoint) · scale`, with one scale or one for each index of an axis. */
const dequantizeLinear: FoldOperation = (call) => {
  const [x, scale] = [required(call, 0), required(call, 1)];
  if (integerAttribute(call.attributes, 'block_size', 0) > 0) throw new Error('it has blocks along an axis');
  const zeroPoint = call.inputs[2];
  const alongAxis = (factors: Constant): Constant => {
    if (factors.values.length === 1) return { ...factors, shape: [] };
    const axis = axisOf(integerAttribute(call.attributes, 'axis', 1), x.shape.length);
    if (factors.values.length !== x.shape[axis]) throw new Error('its scales do not fit the axis');
    const shape = x.shape.map((size, i) => (i === axis ? size : 1));
    return expandTo({ ...factors, shape }, x.shape, call.reserve);
  };
  const [scales, zeros] = [alongAxis(scale), zeroPoint && alongAxis(zeroPoint)];
  call.reserve(x.values.length);
  const values = emptyValues(scale.type, x.values.length);
  for (let i = 0; i < values.length; i++) {
    const zero = zeros?.values[zeros.values.length === 1 ? 0 : i] ?? 0;
    values[i] = (x.values[i] - zero) * scales.values[scales.values.length === 1 ? 0 : i];
  }
  return [{ type: scale.type, shape: x.shape, values }];
};

const range: FoldOperation = (call) => {
  const [start, limit, step] = [0, 1, 2].map((i) => required(call, i).values[0]);
  const count = Math.max(0, Math.ceil((limit - start) / step));
  call.reserve(count);
  return [integerConstant(Array.from({ length: count }, (_, i) => start + i * step))];
};

/** The operations by their names in ONNX. */
export const arithmeticOperations: Readonly<Record<string, FoldOperation>> = {
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: divide,
  Mod: rest,
  Max: binary(Math.max),
  Min: binary(Math.min),
  Pow: binary((a, b) => a ** b),
  Neg: unary((a) => -a),
  Sqrt: unary(Math.sqrt),
  Reciprocal: unary((a) => 1 / a),
  Abs: unary(Math.abs),
  Exp: unary(Math.exp),
  Log: unary(Math.log),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Cast: cast,
  DequantizeLinear: dequantizeLinear,
  Range: range,
};
