import { compileFrame, type IntegerProducts } from '@sluice/backend-wasm/frame';
import { type Cell, type Plan, planFor, type Sizes } from '@sluice/core';
import type { Network } from '@sluice/core/network';
import { decodeFloat16, encodeFloat16 } from './float16.js';
import { checkQuantize, checkStorable, type Quantize } from './quantize.js';
import type { StreamModel } from './runtime.js';

/** A network of blocks, or a cell with its sizes. */
export type StreamSource =
  | Network
  | { readonly cell: Cell; readonly inputSize: number; readonly units: number };

/** The numbers of parameters by name, as `plan.parameters` lists them. */
export type StreamWeights =
  | Readonly<Record<string, ArrayLike<number>>>
  | ReadonlyMap<string, ArrayLike<number>>;

/** As `compileStream`; the products for `int8` are given, since `createStream` loads them when it needs them. */
export function compileWith(
  source: StreamSource,
  weights: StreamWeights,
  quantize: Quantize | undefined,
  integers: IntegerProducts | undefined,
): StreamModel {
  const { plan, parameters } = prepare(source, weights, quantize);
  const products = quantize === 'int8' ? integers : undefined;
  const { bytes, layout, weights: packed } = compileFrame(plan, parameters, products);
  return { version: 1, module: bytes, weights: stored(packed, quantize), layout };
}

function stored(packed: ArrayBuffer, quantize: Quantize | undefined): StreamModel['weights'] {
  if (quantize === 'int8') return new Uint8Array(packed);
  const numbers = new Float32Array(packed);
  return quantize === 'float16' ? Uint16Array.from(numbers, encodeFloat16) : numbers;
}

/** The plan of a source, and its parameters in order; with `float16` as they are after the file. */
export function prepare(
  source: StreamSource,
  weights: StreamWeights,
  quantize: Quantize | undefined,
): { readonly plan: Plan; readonly parameters: readonly Float32Array[] } {
  checkQuantize(quantize);
  const isCell = typeof source === 'object' && source !== null && 'cell' in source;
  const plan = isCell ? planFor(source.cell, source) : planFor(source, sizesOf(source));
  const parameters = parametersOf(plan, isCell ? new Map() : source.fixed, weights);
  checkStorable(plan, parameters, quantize);
  if (quantize !== 'float16') return { plan, parameters };
  const rounded = (values: Float32Array) => decodeFloat16(Uint16Array.from(values, encodeFloat16));
  return { plan, parameters: parameters.map(rounded) };
}

function sizesOf(source: Network): Sizes {
  if (source?.sizes !== undefined) return source.sizes;
  throw new TypeError(
    'A stream needs a network, network({ … }) of @sluice/core/network, or { cell, inputSize, units }.',
  );
}

function parametersOf(
  plan: Plan,
  fixed: ReadonlyMap<string, Float32Array>,
  weights: StreamWeights,
): readonly Float32Array[] {
  const given = new Map<string, ArrayLike<number>>(
    weights instanceof Map ? weights : Object.entries(weights),
  );
  const problems: string[] = [];
  const parameters = plan.parameters.map(({ name, shape }) => {
    const length = shape.reduce((product, size) => product * size, 1);
    const values = given.get(name) ?? fixed.get(name);
    given.delete(name);
    if (values === undefined) problems.push(`'${name}' [${shape.join(', ')}] is missing`);
    else if (values.length !== length) {
      problems.push(`'${name}' [${shape.join(', ')}] needs ${length} numbers, but has ${values.length}`);
    }
    const numbers = Float32Array.from(values ?? []);
    const wrong = numbers.findIndex((value) => value - value !== 0);
    if (wrong >= 0) problems.push(`'${name}' has ${numbers[wrong]} at number ${wrong}`);
    return numbers;
  });
  for (const name of given.keys()) problems.push(`the network has no parameter '${name}'`);
  if (problems.length > 0) {
    throw new TypeError(`The weights do not fit the network '${plan.cell.name}': ${problems.join('; ')}.`);
  }
  return parameters;
}
