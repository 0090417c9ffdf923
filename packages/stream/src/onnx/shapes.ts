/** Operations that move, choose or repeat elements: those of constants, on element numbers. */
import { axisOf, type Constant, operations, sizeOf, stridesOf } from '@sluice/formats/onnx';
import { type Call, type GraphOperation, shapeOfValue } from './call.js';
import { type GraphValue, signalOf } from './elements.js';

/** How an operation of constants runs on element numbers: input 0, or all inputs, are values; the others are known. */
const moved =
  (name: string, areAllValues = false): GraphOperation =>
  (call) => {
    const { elements, attributes, node } = call;
    const inputs = call.inputs.map((input, i) => {
      if (input === undefined) return undefined;
      return i === 0 || areAllValues ? elements.elementsOf(input) : call.known(i, `input ${i}`);
    });
    const results = operations[name]({
      inputs,
      attributes,
      outputs: node.output.length,
      reserve: elements.reserve,
      tensor: () => undefined,
    });
    return results.map((result) => ({ kind: 'signal', elements: result }));
  };

/** The shape of a value is known, whatever its numbers are. */
const ofShape =
  (name: 'Shape' | 'Size'): GraphOperation =>
  (call) => {
    const { elements, attributes, node } = call;
    const inputs = [elements.elementsOf(call.input(0))];
    const { reserve } = elements;
    const tensor = () => undefined;
    const results = operations[name]({ inputs, attributes, outputs: node.output.length, reserve, tensor });
    return results.map((constant): GraphValue => ({ kind: 'known', constant }));
  };

const identity: GraphOperation = (call) => [call.input(0)];

const pad: GraphOperation = (call) => {
  const source = call.elements.elementsOf(call.input(0));
  const { length: rank } = source.shape;
  const pads = Array.from(call.known(1, 'pads')?.values ?? call.integers('pads') ?? []);
  const axes = Array.from(call.known(3, 'axes')?.values ?? source.shape.keys(), (axis) => axisOf(axis, rank));
  if (pads.length !== 2 * axes.length) {
    throw new Error(`it has ${pads.length} pads for ${axes.length} axes`);
  }
  const mode = call.text('mode', 'constant');
  const fill = call.elements.numbered(call.known(2, 'values')?.values[0] ?? call.number('value', 0));
  return [{ kind: 'signal', elements: axes.reduce(padAxis, source) }];

  function padAxis(data: Constant, axis: number, i: number): Constant {
    const size = data.shape[axis];
    const [before, after] = [pads[i], pads[i + axes.length]];
    if (before === 0 && after === 0) return data;
    const count = size + before + after;
    if (!(Number.isSafeInteger(count) && count > 0)) throw new Error(`its pads are ${before} and ${after}`);
    call.elements.reserve((data.values.length / size) * count);
    const places = Array.from({ length: count }, (_, place) => placeOf(place - before, size, mode));
    return gatherPlaces(data, axis, places, fill);
  }
};

/** The place of a padded array in the array, −1 for the value of constant padding. */
function placeOf(place: number, size: number, mode: string): number {
  if (place >= 0 && place < size) return place;
  if (mode === 'constant') return -1;
  if (mode === 'edge') return Math.min(Math.max(place, 0), size - 1);
  const reflected = place < 0 ? -place : 2 * (size - 1) - place;
  if (mode === 'reflect' && reflected >= 0 && reflected < size) return reflected;
  throw new Error(`it pads by ${mode}, which is not possible here`);
}

function gatherPlaces(data: Constant, axis: number, places: readonly number[], fill: number): Constant {
  const shape = data.shape.with(axis, places.length);
  const inner = sizeOf(data.shape.slice(axis + 1));
  const size = data.shape[axis];
  const values = Int32Array.from({ length: sizeOf(shape) }, (_, i) => {
    const [outer, rest] = [Math.floor(i / (inner * places.length)), i % inner];
    const place = places[Math.floor(i / inner) % places.length];
    return place < 0 ? fill : data.values[(outer * size + place) * inner + rest];
  });
  return { type: 'int32', shape, values };
}

const tile: GraphOperation = (call) => {
  const source = call.elements.elementsOf(call.input(0));
  const times = Array.from(call.knownInput(1, 'repeats').values);
  if (times.length !== source.shape.length) throw new Error('it has another number of repeats than axes');
  call.elements.reserve(times.reduce((product, count) => product * count, source.values.length));
  const repeated = times.reduce((data, count, axis) => {
    if (count === 1) return data;
    const size = data.shape[axis];
    const places = Array.from({ length: size * count }, (_, i) => i % size);
    return gatherPlaces(data, axis, places, -1);
  }, source);
  return [{ kind: 'signal', elements: repeated }];
};

/** How far each element along some axes is from the first. */
function offsetsAlong(shape: readonly number[], axes: readonly number[]): number[] {
  const strides = stridesOf(shape);
  return axes.reduce(
    (places, axis) =>
      places.flatMap((place) => Array.from({ length: shape[axis] }, (_, i) => place + i * strides[axis])),
    [0],
  );
}

const otherAxes = (shape: readonly number[], axes: readonly number[]): number[] =>
  [...shape.keys()].filter((axis) => !axes.includes(axis));

/** A value as rows of elements along some axes, one row for each place along the others. */
export function rowsAlong(call: Call, value: GraphValue, axes: readonly number[]): Int32Array[] {
  const { shape, values } = call.elements.elementsOf(value);
  call.elements.reserve(values.length);
  const inner = offsetsAlong(shape, axes);
  return offsetsAlong(shape, otherAxes(shape, axes)).map((start) =>
    Int32Array.from(inner, (offset) => values[start + offset]),
  );
}

/** The value whose rows along axes are given, as `rowsAlong` gives them. */
export function fromRows(
  shape: readonly number[],
  axes: readonly number[],
  rows: readonly Int32Array[],
): GraphValue {
  const values = new Int32Array(sizeOf(shape));
  const inner = offsetsAlong(shape, axes);
  offsetsAlong(shape, otherAxes(shape, axes)).forEach((start, row) => {
    inner.forEach((offset, i) => {
      values[start + offset] = rows[row][i];
    });
  });
  return signalOf(shape, values);
}

/** Axes of a node, counted from 0. */
export const axesOf = (given: readonly number[], value: GraphValue): number[] =>
  given.map((axis) => axisOf(axis, shapeOfValue(value).length));

/** The operations by their names in ONNX. */
export const movingOperations: Readonly<Record<string, GraphOperation>> = {
  Slice: moved('Slice'),
  Split: moved('Split'),
  Reshape: moved('Reshape'),
  Transpose: moved('Transpose'),
  Squeeze: moved('Squeeze'),
  Unsqueeze: moved('Unsqueeze'),
  Flatten: moved('Flatten'),
  Gather: moved('Gather'),
  Expand: moved('Expand'),
  Concat: moved('Concat', true),
  Pad: pad,
  Tile: tile,
  Shape: ofShape('Shape'),
  Size: ofShape('Size'),
  Identity: identity,
  Dropout: identity,
};
