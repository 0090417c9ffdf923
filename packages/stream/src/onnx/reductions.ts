/** Operations along axes: sums, means, largest numbers, softmax and normalisations. */
import { type Expression, max, normalize, softmax, sqrt, sum } from '@sluice/core/equations';
import { sizeOf } from '@sluice/formats/onnx';
import { type Call, type GraphOperation, shapeOfValue } from './call.js';
import { type GraphValue, signalOf } from './elements.js';
import { pointwise } from './pointwise.js';
import { axesOf, fromRows, rowsAlong } from './shapes.js';

type Reduction = 'sum' | 'mean' | 'max';

/** The numbers along axes as one number each: the sum, the mean or the largest. */
export function reduce(
  call: Call,
  value: GraphValue,
  axes: readonly number[],
  what: Reduction,
  keepsAxes: boolean,
): GraphValue {
  const { elements, vector } = call;
  const shape = shapeOfValue(value);
  const rows = rowsAlong(call, value, axes);
  const depth = rows[0]?.length ?? 0;
  if (depth === 0) throw new Error('it reduces no numbers');
  const kept = keepsAxes
    ? shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
    : shape.filter((_, axis) => !axes.includes(axis));
  // Results lie in the order in which their first numbers lie.
  const order = [...rows.keys()].sort((a, b) => rows[a][0] - rows[b][0] || a - b);
  const joined = Int32Array.from({ length: order.length * depth }, (_, i) => {
    return rows[order[Math.floor(i / depth)]][i % depth];
  });
  const across = Array.from({ length: depth }, (_, i) => Int32Array.from(order, (row) => rows[row][i]));
  const acrossCost = across.reduce((cost, row) => cost + elements.countPieces(row) + 1, 0);
  let total: Expression;
  if (elements.countPieces(joined) < acrossCost) {
    const row = elements.row(joined, vector);
    total = what === 'max' ? max(row, order.length) : sum(row, order.length);
  } else {
    const pieces = across.map((row) => elements.row(row, vector));
    total = pieces.reduce((all, row) => (what === 'max' ? all.max(row) : all.add(row)));
  }
  const first = elements.add(what === 'mean' ? total.mul(1 / depth) : total, order.length);
  const result = new Int32Array(order.length);
  order.forEach((row, i) => {
    result[row] = first + i;
  });
  return signalOf(kept, result);
}

const reduction =
  (
    what: Reduction,
    before?: (x: Expression) => Expression,
    after?: (x: Expression) => Expression,
  ): GraphOperation =>
  (call) => {
    const value = before ? pointwise(call, before, call.input(0)) : call.input(0);
    const given = call.known(1, 'axes')?.values ?? call.integers('axes');
    const hasNone = given === undefined || given.length === 0;
    if (hasNone && call.integer('noop_with_empty_axes', 0) !== 0) return [value];
    const all = [...shapeOfValue(value).keys()];
    const axes = hasNone ? all : axesOf(Array.from(given), value);
    const result = reduce(call, value, axes, what, call.integer('keepdims', 1) !== 0);
    return [after ? pointwise(call, after, result) : result];
  };

const globalAverage: GraphOperation = (call) => {
  const value = call.input(0);
  const axes = [...shapeOfValue(value).keys()].slice(2);
  return [reduce(call, value, axes, 'mean', true)];
};

const globalMax: GraphOperation = (call) => {
  const value = call.input(0);
  return [reduce(call, value, [...shapeOfValue(value).keys()].slice(2), 'max', true)];
};

/** Applies a function of whole rows along axes; the rows of results have the same places. */
function mapRows(
  call: Call,
  value: GraphValue,
  axes: readonly number[],
  apply: (row: Expression, order: Int32Array) => Expression,
): GraphValue {
  const { elements, vector } = call;
  const rows = rowsAlong(call, value, axes);
  const order = Int32Array.from(rows[0].keys()).sort((a, b) => rows[0][a] - rows[0][b] || a - b);
  const results = rows.map((row) => {
    const inOrder = row.map((_, i) => row[order[i]]);
    const first = elements.add(apply(elements.row(inOrder, vector), order), row.length);
    const result = new Int32Array(row.length);
    order.forEach((place, i) => {
      result[place] = first + i;
    });
    return result;
  });
  return fromRows(shapeOfValue(value), axes, results);
}

/** The version of ONNX's operators from which on softmax is along one axis; before, along all from that axis on. */
const ONE_AXIS = 13;

const softmaxAxes = (call: Call, value: GraphValue): number[] => {
  const [axis] = axesOf([call.integer('axis', call.version < ONE_AXIS ? 1 : -1)], value);
  const all = [...shapeOfValue(value).keys()];
  return call.version < ONE_AXIS ? all.slice(axis) : [axis];
};

const softmaxOperation: GraphOperation = (call) => {
  const value = call.input(0);
  return [mapRows(call, value, softmaxAxes(call, value), (row) => softmax(row))];
};

const layerNormalization: GraphOperation = (call) => {
  const value = call.input(0);
  if (call.node.output.length > 1 && call.node.output.slice(1).some(Boolean)) {
    throw new Error('its mean and deviation are used');
  }
  const [axis] = axesOf([call.integer('axis', -1)], value);
  const axes = [...shapeOfValue(value).keys()].slice(axis);
  const [scale, bias] = [call.knownInput(1, 'scales').values, call.known(2, 'biases')?.values];
  const count = sizeOf(axes.map((own) => shapeOfValue(value)[own]));
  for (const numbers of [scale, bias]) {
    if (numbers && numbers.length !== count) {
      throw new Error(`it has ${numbers.length} scales or biases for ${count} numbers`);
    }
  }
  const epsilon = call.number('epsilon', 1e-5);
  const apply = (row: Expression, order: Int32Array) => {
    const scaled = normalize(row, { epsilon }).mul(call.vector(Float32Array.from(order, (i) => scale[i])));
    return bias ? scaled.add(call.vector(Float32Array.from(order, (i) => bias[i]))) : scaled;
  };
  return [mapRows(call, value, axes, apply)];
};

/** Each channel, the second axis, with mean 0 and variance 1 over all positions, then scaled and shifted. */
const instanceNormalization: GraphOperation = (call) => {
  const value = call.input(0);
  const shape = shapeOfValue(value);
  const epsilon = call.number('epsilon', 1e-5);
  const normal = mapRows(call, value, [...shape.keys()].slice(2), (row) => normalize(row, { epsilon }));
  const perChannel = (i: number): GraphValue => {
    const { values } = call.knownInput(i, 'scales and biases');
    const own = shape.map((_, axis) => (axis === 1 ? values.length : 1));
    return { kind: 'known', constant: { type: 'float32', shape: own, values } };
  };
  return [pointwise(call, (x, scale, bias) => x.mul(scale).add(bias), normal, perChannel(1), perChannel(2))];
};

/** The operations by their names in ONNX. */
export const reducingOperations: Readonly<Record<string, GraphOperation>> = {
  ReduceSum: reduction('sum'),
  ReduceMean: reduction('mean'),
  ReduceMax: reduction('max'),
  ReduceSumSquare: reduction('sum', (x) => x.mul(x)),
  ReduceL2: reduction('sum', (x) => x.mul(x), sqrt),
  GlobalAveragePool: globalAverage,
  GlobalMaxPool: globalMax,
  Softmax: softmaxOperation,
  LayerNormalization: layerNormalization,
  InstanceNormalization: instanceNormalization,
};
