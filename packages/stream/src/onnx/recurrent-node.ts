/** The nodes LSTM, GRU and RNN over the positions of a frame, in both directions, from given states. */
import { type Cell, type CellFactory, cells } from '@sluice/core';
import { type Expression, zeros } from '@sluice/core/equations';
import { Signal, stepsOf } from '@sluice/core/network';
import { type ConstantValues, NotConstant, readRecurrent, Scope } from '@sluice/formats/onnx';
import { type Call, type GraphOperation, shapeOfValue } from './call.js';
import { type GraphValue, signalOf } from './elements.js';
import { shapeText } from './pointwise.js';

/** The places of a node's inputs. */
const [LENGTHS, HIDDEN, CELL] = [4, 5, 6];

const recurrent: GraphOperation = (call) => {
  const directions = directionsOf(call);
  const isBatchFirst = call.integer('layout', 0) !== 0;
  const { shape, values } = call.elements.elementsOf(call.input(0));
  if (shape.length !== 3)
    throw new Error(`its input has the shape ${shapeText(shape)} instead of three axes`);
  const [steps, batch] = isBatchFirst ? [shape[1], shape[0]] : shape;
  const features = shape[2];
  const lengths = call.known(LENGTHS, 'lengths of sequences');
  if (lengths?.values.some((length) => length !== steps)) {
    throw new Error(`its sequences have ${lengths.values.join(', ')} of ${steps} steps`);
  }
  const rowAt = (step: number, item: number) => {
    const start = (isBatchFirst ? item * steps + step : step * batch + item) * features;
    return call.elements.row(values.subarray(start, start + features), call.vector);
  };
  const items = Array.from({ length: batch }, (_, item) =>
    Array.from({ length: steps }, (__, step) => rowAt(step, item)),
  );
  const results = directions.map((direction, i) =>
    runDirection(call, direction, items, (state, item) => {
      const given = call.inputs[state === 0 ? HIDDEN : CELL];
      const place = isBatchFirst ? item * directions.length + i : i * batch + item;
      const { units } = direction;
      if (!given) return zeros(units);
      const numbers = call.elements.elementsOf(given).values;
      if (numbers.length !== directions.length * batch * units) {
        throw new Error(`an initial state has the shape ${shapeText(shapeOfValue(given))}`);
      }
      return call.elements.row(numbers.subarray(place * units, (place + 1) * units), call.vector);
    }),
  );
  const [{ units }] = directions;
  const count = directions.length;
  /** A value whose rows of `units` elements begin with the given ones. */
  const rowsAt = (axes: readonly number[], firsts: readonly number[]): GraphValue =>
    signalOf(
      [...axes, units],
      Int32Array.from(
        { length: firsts.length * units },
        (_, i) => firsts[Math.floor(i / units)] + (i % units),
      ),
    );
  const all = [...Array(steps).keys()];
  const places = [...Array(batch).keys()];
  const Y = isBatchFirst
    ? rowsAt(
        [batch, steps, count],
        places.flatMap((item) => all.flatMap((step) => results.map(({ outputs }) => outputs[item][step]))),
      )
    : rowsAt(
        [steps, count, batch],
        all.flatMap((step) => results.flatMap(({ outputs }) => places.map((item) => outputs[item][step]))),
      );
  const finals = results[0].finals[0].map((_, state) =>
    isBatchFirst
      ? rowsAt(
          [batch, count],
          places.flatMap((item) => results.map((result) => result.finals[item][state])),
        )
      : rowsAt(
          [count, batch],
          results.flatMap((result) => places.map((item) => result.finals[item][state])),
        ),
  );
  return [Y, ...finals];
};

/** Runs one direction over all sequences: the first elements of its outputs by sequence and step, and of its last states. */
function runDirection(
  call: Call,
  { cell, units, backwards, weights, name, isAlone }: NodeDirection,
  items: readonly (readonly Expression[])[],
  initialState: (state: number, item: number) => Expression,
): { readonly outputs: readonly number[][]; readonly finals: readonly number[][] } {
  const { elements } = call;
  const own = call.weights.scopeOf(call.name);
  const scope = isAlone ? own : own.inside(name);
  const features = shapeOfValue(call.input(0))[2];
  const run = stepsOf(cell, { inputSize: features, units }, scope);
  for (const [parameter, numbers] of Object.entries(weights)) {
    call.weights.values.set(scope.fullName(parameter), Float32Array.from(numbers));
  }
  const results = items.map((rows, item) => {
    const initial = cell.states.map((_, state) => initialState(state, item));
    const { output, states } = run(Signal.join(backwards ? [...rows].reverse() : rows, features), initial);
    const firsts = output.rows.map((row) => elements.add(row, units));
    // The output of these cells is their hidden state, the first of their states.
    const finals = states.map((row, i) => (i === 0 ? (firsts.at(-1) as number) : elements.add(row, units)));
    return { outputs: backwards ? firsts.reverse() : firsts, finals };
  });
  return { outputs: results.map(({ outputs }) => outputs), finals: results.map(({ finals }) => finals) };
}

interface NodeDirection {
  /** Whether the node has no other direction. */
  readonly isAlone: boolean;
  readonly name: string;
  readonly cell: Cell;
  readonly units: number;
  readonly backwards: boolean;
  readonly weights: { readonly [parameter: string]: ArrayLike<number> };
}

/** The cells and weights of the node's directions. */
function directionsOf(call: Call): NodeDirection[] {
  const scope = new Scope([call.node], [], []);
  const places = new Map(call.node.input.map((name, i) => [name, i] as const));
  const constants: ConstantValues = {
    evaluate: ({ name }) => {
      const constant = call.known(places.get(name) ?? -1, `numbers ${name}`);
      if (constant) return constant;
      throw new NotConstant(`${name} is missing`);
    },
    reserve: call.elements.reserve,
  };
  const layers = readRecurrent(call.node, scope, call.name, constants, new Set(), 'the graph');
  const isAlone = layers.length === 1 && layers[0].directions.length === 1;
  return layers.flatMap(({ cell: { name, options }, sizes, directions }) => {
    const cell = (cells[name as keyof typeof cells] as CellFactory)(options);
    return directions.map(({ goBackwards, weights }) => ({
      ...{ cell, units: sizes.units, backwards: goBackwards, weights, isAlone },
      name: goBackwards ? 'backward' : 'forward',
    }));
  });
}

/** The operations by their names in ONNX. */
export const recurrentOperations: Readonly<Record<string, GraphOperation>> = {
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
};
