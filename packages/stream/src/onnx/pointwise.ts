/** Operations number by number. */
import { activation, Expression, greater, greaterEqual, sqrt, where } from '@sluice/core/equations';
import { broadcastShape, type Constant, expandTo } from '@sluice/formats/onnx';
import { type Call, type GraphOperation, shapeOfValue } from './call.js';
import { type GraphValue, type SignalValue, signalOf } from './elements.js';
import { numberRow } from './weights.js';

type Rule = (...rows: Expression[]) => Expression;

/** Operands with the shape that they have together: element numbers, or known numbers. */
type Operand = { readonly kind: GraphValue['kind']; readonly array: Constant };

/**
 * A function of the numbers of values that fit together, as in NumPy. The result lies in memory like its largest operand.
 */
export function pointwise(call: Call, rule: Rule, ...values: readonly GraphValue[]): SignalValue {
  const { elements, vector } = call;
  const shapes = values.map(shapeOfValue);
  const shape = shapes.reduce<number[] | undefined>((all, own) => all && broadcastShape(all, own), []);
  if (!shape) throw new Error(`the shapes ${shapes.map(shapeText).join(' and ')} do not fit together`);
  const operands = values.map((value): Operand => {
    const array = value.kind === 'signal' ? value.elements : value.constant;
    return { kind: value.kind, array: expandTo(array, shape, elements.reserve) };
  });
  const sizes = values.map((value) => (value.kind === 'signal' ? value.elements.values.length : -1));
  const lead = operands[sizes.indexOf(Math.max(...sizes))];
  const order = inMemoryOrder(lead.array.values);
  const result = new Int32Array(order.length);
  for (let start = 0; start < order.length; ) {
    const row = elements.rowOf(lead.array.values[order[start]]);
    let end = start + 1;
    while (end < order.length && elements.rowOf(lead.array.values[order[end]]) === row) end++;
    const places = order.subarray(start, end);
    const rows = operands.map((operand) => rowOf(operand, places, operand === lead));
    const first = elements.add(rule(...rows), places.length);
    places.forEach((place, i) => {
      result[place] = first + i;
    });
    start = end;
  }
  elements.reserve(order.length);
  return signalOf(shape, result);

  function rowOf({ kind, array }: Operand, places: Int32Array, isLead: boolean): Expression {
    const own = Array.from(places, (place) => array.values[place]);
    const isOne = !isLead && own.every((value) => value === own[0]);
    if (kind === 'known') return isOne ? numberRow(Math.fround(own[0])) : vector(Float32Array.from(own));
    return elements.row(isOne ? own.slice(0, 1) : own, vector);
  }
}

export const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/** The places of elements in the order in which they lie in rows. */
function inMemoryOrder(elements: ArrayLike<number>): Int32Array {
  const order = Int32Array.from({ length: elements.length }, (_, i) => i);
  let sorted = true;
  for (let i = 1; i < elements.length && sorted; i++) sorted = elements[i - 1] <= elements[i];
  return sorted ? order : order.sort((a, b) => elements[a] - elements[b] || a - b);
}

const operation = (name: 'abs' | 'erf' | 'sign', x: Expression): Expression =>
  new Expression({ kind: 'operation', name, inputs: [x] });

const unary =
  (rule: (x: Expression, call: Call) => Expression): GraphOperation =>
  (call) => [pointwise(call, (x) => rule(x, call), call.input(0))];

const binary =
  (rule: (a: Expression, b: Expression) => Expression): GraphOperation =>
  (call) => [pointwise(call, rule, call.input(0), call.input(1))];

/** An operation on any number of values. */
const variadic =
  (rule: (a: Expression, b: Expression) => Expression): GraphOperation =>
  (call) => {
    const values = call.inputs.map((_, i) => call.input(i));
    return [values.reduce((a, b) => pointwise(call, rule, a, b))];
  };

/** The power with a known exponent. */
const power: GraphOperation = (call) => {
  const exponents = call.knownInput(1, 'exponents').values;
  const [exponent] = exponents;
  if (!exponents.every((value) => value === exponent)) throw new Error('its exponents are different numbers');
  const rules: Readonly<Record<number, (x: Expression) => Expression>> = {
    [-1]: (x) => numberRow(1).div(x),
    [-0.5]: (x) => numberRow(1).div(sqrt(x)),
    0.5: sqrt,
    1: (x) => x,
    2: (x) => x.mul(x),
    3: (x) => x.mul(x).mul(x),
    4: (x) => x.mul(x).mul(x.mul(x)),
  };
  const rule = rules[exponent];
  if (!rule) throw new Error(`its exponent is ${exponent}; known are ${Object.keys(rules).join(', ')}`);
  return [pointwise(call, rule, call.input(0))];
};

const clip: GraphOperation = (call) => {
  const bound = (i: number, attribute: string, absent: number) => {
    const given = call.known(i, 'limits')?.values[0] ?? call.number(attribute, absent);
    return Math.abs(given) > 3e38 ? undefined : given;
  };
  const [low, high] = [bound(1, 'min', -Infinity), bound(2, 'max', Infinity)];
  const limit = (x: Expression) => {
    const raised = low === undefined ? x : x.max(low);
    return high === undefined ? raised : raised.min(high);
  };
  return [pointwise(call, limit, call.input(0))];
};

/** `(x − mean) · scale / √(variance + ε) + bias` for each channel, the second axis. */
const batchNormalization: GraphOperation = (call) => {
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((i) => call.knownInput(i, 'numbers').values);
  if (call.integer('training_mode', 0) !== 0) throw new Error('it is in training mode');
  const x = call.input(0);
  const { length: rank } = shapeOfValue(x);
  const epsilon = call.number('epsilon', 1e-5);
  const perChannel = (values: Float32Array): GraphValue => {
    const shape = Array.from({ length: rank }, (_, axis) => (axis === 1 ? values.length : 1));
    return { kind: 'known', constant: { type: 'float32', shape, values } };
  };
  const factor = Float32Array.from(scale, (value, i) => value / Math.sqrt(variance[i] + epsilon));
  const shift = Float32Array.from(
    bias,
    (value, i) => value - (mean[i] * scale[i]) / Math.sqrt(variance[i] + epsilon),
  );
  return [pointwise(call, (a, s, b) => a.mul(s).add(b), x, perChannel(factor), perChannel(shift))];
};

const leaky = (x: Expression, slope: Expression): Expression => x.max(0).add(x.min(0).mul(slope));

/** A condition of known numbers chooses among elements; any other one among numbers. */
const choose: GraphOperation = (call) => {
  const [condition, a, b] = [0, 1, 2].map((i) => call.input(i));
  if (condition.kind === 'signal') return [pointwise(call, where, condition, a, b)];
  const { elements } = call;
  const shape = [a, b]
    .map(shapeOfValue)
    .reduce((all, own) => broadcastShape(all, own) ?? [], [...condition.constant.shape]);
  const expand = (array: Constant) => expandTo(array, shape, elements.reserve).values;
  const [chosen, first, second] = [
    expand(condition.constant),
    expand(elements.elementsOf(a)),
    expand(elements.elementsOf(b)),
  ];
  return [
    signalOf(
      shape,
      Int32Array.from(first, (element, i) => (chosen[i] ? element : second[i])),
    ),
  ];
};

/** The types of `TensorProto.DataType` that hold fractions. */
const FLOATS = [1, 10, 11, 16];
/** The number of BOOL in `TensorProto.DataType`. */
const BOOL = 9;

const cast: GraphOperation = (call) => {
  const to = call.integer('to', 0);
  if (FLOATS.includes(to)) return [call.input(0)];
  if (to === BOOL) {
    return [pointwise(call, (x) => numberRow(1).sub(equalZero(x)), call.input(0))];
  }
  throw new Error(`it casts numbers of the frame to the type ${to} of integers`);
};

const equalZero = (x: Expression): Expression => greaterEqual(x, 0).mul(greaterEqual(numberRow(0), x));
const setting = (name: 'elu' | 'thresholdedRelu' | 'softplus' | 'softsign' | 'selu' | 'mish') =>
  activation(name);

/** The operations by their names in ONNX. */
export const pointwiseOperations: Readonly<Record<string, GraphOperation>> = {
  Add: binary((a, b) => a.add(b)),
  Sub: binary((a, b) => a.sub(b)),
  Mul: binary((a, b) => a.mul(b)),
  Div: binary((a, b) => a.div(b)),
  Pow: power,
  Max: variadic((a, b) => a.max(b)),
  Min: variadic((a, b) => a.min(b)),
  Sum: variadic((a, b) => a.add(b)),
  PRelu: binary(leaky),
  Greater: binary(greater),
  GreaterOrEqual: binary(greaterEqual),
  Less: binary((a, b) => greater(b, a)),
  LessOrEqual: binary((a, b) => greaterEqual(b, a)),
  Not: unary((x) => numberRow(1).sub(x)),
  Where: choose,
  Sqrt: unary(sqrt),
  Exp: unary(activation('exp')),
  Log: unary(activation('log')),
  Abs: unary((x) => operation('abs', x)),
  Sign: unary((x) => operation('sign', x)),
  Erf: unary((x) => operation('erf', x)),
  Neg: unary((x) => x.neg()),
  Reciprocal: unary((x) => numberRow(1).div(x)),
  Relu: unary(activation('relu')),
  LeakyRelu: unary((x, call) => leaky(x, numberRow(call.number('alpha', 0.01)))),
  Sigmoid: unary(activation('sigmoid')),
  Tanh: unary(activation('tanh')),
  Softplus: unary(setting('softplus')),
  Softsign: unary(setting('softsign')),
  Mish: unary(setting('mish')),
  Elu: unary((x, call) => activation({ name: 'elu', alpha: call.number('alpha', 1) })(x)),
  Gelu: unary((x, call) => {
    if (call.text('approximate', 'none') !== 'none') throw new Error('its GELU is approximated by tanh');
    return activation('gelu')(x);
  }),
  HardSigmoid: unary((x, call) => {
    const [alpha, beta] = [call.number('alpha', 0.2), call.number('beta', 0.5)];
    return activation({ name: 'hardSigmoid', alpha, beta })(x);
  }),
  HardSwish: unary((x) => x.mul(activation('hardSigmoidSixth')(x))),
  Clip: clip,
  BatchNormalization: batchNormalization,
  Cast: cast,
};
