/** Networks for streams from ONNX files. */
import { concat, type Expression } from '@sluice/core/equations';
import { type Block, type Network, network, type Scope, Signal } from '@sluice/core/network';
import {
  FormatError,
  type NamedGraph,
  readGraph,
  type Source,
  type SourceOptions,
} from '@sluice/formats/onnx';
import { refuseOptions } from '../options.js';
import { type BoundaryOptions, boundaryOf, type ModelPort, type ModelState } from './boundary.js';
import { Elements, type GraphValue } from './elements.js';
import { GraphRun, knownOperations, STATES } from './graph-run.js';
import { shapeText } from './pointwise.js';
import { Weights } from './weights.js';

export type { FormatError, Source, SourceOptions } from '@sluice/formats/onnx';
export type { BoundaryOptions, ModelPort, ModelState } from './boundary.js';
export { knownOperations };

export type FromOnnxOptions = BoundaryOptions & SourceOptions;

/** A model for `createStream(network, { weights })`. */
export interface StreamNetwork {
  readonly network: Network;
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** The places of the model's inputs in a frame. */
  readonly inputs: readonly ModelPort[];
  /** The places of its outputs in a result. */
  readonly outputs: readonly ModelPort[];
  /** The inputs that outputs feed from frame to frame. */
  readonly states: readonly ModelState[];
}

/**
 * The graph of an ONNX file as a network: a batch of one, and one frame for each call.
 *
 * @param source a path (Node), a URL, a `File`, or bytes.
 * @throws TypeError naming the sizes and inputs that must be given; FormatError when the file is damaged, and naming every node
 *   that no stream can compute.
 */
export async function fromOnnx(source: Source, options: FromOnnxOptions = {}): Promise<StreamNetwork> {
  const unknown = Object.keys(options).filter((name) => !OPTIONS.includes(name));
  refuseOptions('fromOnnx', unknown, OPTIONS);
  const file = await readGraph(source, options);
  try {
    return networkOf(file, options);
  } catch (error) {
    if (error instanceof FormatError || error instanceof TypeError) throw error;
    throw new FormatError(`${file.name}: ${(error as Error).message}.`, { cause: error });
  }
}

const OPTIONS: readonly string[] = ['sizes', 'inputs', 'states', 'onProgress', 'signal'];

function networkOf(file: NamedGraph, options: BoundaryOptions): StreamNetwork {
  const { frame, states, known, outputs: names } = boundaryOf(file, options);
  const outputs: ModelPort[] = [];
  let weights = new Map<string, Float32Array>();
  const inputSize = frame.reduce((sum, { length }) => sum + length, 0);
  const name = file.graph.name || 'model';
  const build = (x: Signal, use: (name: string, block: Block, input: Signal) => Signal): Signal => {
    const elements = new Elements();
    const made = new Weights((block) => scopeOf(use, block, x));
    weights = made.values;
    const given = new Map<string, GraphValue>();
    const first = elements.add(x.row, inputSize);
    for (const { name: input, shape, start, length } of frame) {
      const values = Int32Array.from({ length }, (_, i) => first + start + i);
      given.set(input, { kind: 'signal', elements: { type: 'int32', shape, values } });
    }
    const stateScope = states.length > 0 ? scopeOf(use, STATES, x) : undefined;
    for (const { input, shape } of states) {
      const width = shape.reduce((product, size) => product * size, 1);
      given.set(input, elements.value((stateScope as Scope).state(input, width), shape));
    }
    for (const { name: input, shape, values } of known) {
      given.set(input, {
        kind: 'known',
        constant: { type: 'float64', shape, values: Float64Array.from(values) },
      });
    }
    const results = new GraphRun(file, elements, made).run(given);
    const byName = new Map(
      file.graph.output.map(({ name: output = '' }, i) => [output, results[i]] as const),
    );
    const rowOf = (output: string): { row: Expression; shape: readonly number[]; length: number } => {
      const { shape, values } = elements.elementsOf(byName.get(output) as GraphValue);
      if (values.length === 0) throw new FormatError(`${file.name}: the output ${output} has no numbers.`);
      const vector = (numbers: Float32Array) => made.vector('outputs', numbers);
      return { row: elements.row(values, vector), shape, length: values.length };
    };
    for (const { input, output, shape } of states) {
      const next = rowOf(output);
      const width = shape.reduce((product, size) => product * size, 1);
      if (next.length !== width) {
        throw new TypeError(
          `${file.name}: the state ${input} has the shape ${shapeText(shape)}, but ${output} has ${shapeText(next.shape)}. ` +
            'Give the states, { input: output }, or their sizes.',
        );
      }
      (stateScope as Scope).update(input, next.row);
    }
    let end = 0;
    const rows = names.map((output) => {
      const { row, shape, length } = rowOf(output);
      outputs.push({ name: output, shape, start: end, length });
      end += length;
      return { row, length };
    });
    if (rows.length === 0) throw new TypeError(`${file.name}: all outputs are states; give other states.`);
    return joined(rows);
  };
  const made = network({ name, inputSize, build });
  return { network: made, weights, inputs: frame, outputs, states };
}

const joined = (rows: readonly { readonly row: Expression; readonly length: number }[]): Signal => {
  const [first, ...rest] = rows;
  if (rest.length === 0) return Signal.of(first.row, first.length);
  return Signal.of(
    concat(...rows.map(({ row }) => row)),
    rows.reduce((sum, { length }) => sum + length, 0),
  );
};

/** A scope for parameters or states that are no block's. */
function scopeOf(use: (name: string, block: Block, input: Signal) => Signal, name: string, x: Signal): Scope {
  let opened: Scope | undefined;
  const open: Block = (input, scope) => {
    opened = scope;
    return input;
  };
  use(name, open, x);
  return opened as Scope;
}
