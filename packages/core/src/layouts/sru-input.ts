/** The weights of asappresearch/sru around its kernel: the low-rank projection of the input and the layer normalisation. */
import type { Sizes } from '../equations/parameters.js';
import type { LibraryWeights, NativeWeights } from './define-layout.js';
import type { FloatArray } from './description.js';

/** The weights of an `SRUCell`. Both directions share `weightProj`, `layerNormWeight` and `layerNormBias`. */
export type SruLibraryWeights<A extends FloatArray> = LibraryWeights<
  'weight',
  'weightC' | 'bias' | 'weightProj' | 'layerNormWeight' | 'layerNormBias',
  A
>;

/** The parameters of `sru`: with `layerNorm` also its gains and biases. */
export type SruNativeWeights<A extends FloatArray> = NativeWeights<A> & {
  readonly normGain?: A;
  readonly normBias?: A;
};

/** The two directions of a bidirectional layer. */
export interface SruBothDirections<A extends FloatArray> {
  readonly forward: SruNativeWeights<A>;
  readonly backward: SruNativeWeights<A>;
}

/** Sluice's names of these weights, by the library's. */
const NAMES = {
  weightProj: 'projection',
  layerNormWeight: 'normGain',
  layerNormBias: 'normBias',
} as const;

type Weights = Readonly<Record<string, FloatArray | undefined>>;

/** The weights that both libraries store in the same way, under their other names, apart from the rest. */
export interface Separated {
  readonly rest: Weights;
  readonly shared: Weights;
  /** The sizes of the kernel: with a projection its input is the projected row. */
  readonly kernelSizes: Sizes;
}

/** @throws RangeError naming an array of the wrong length, and the shape expected. */
export function fromLibrary(weights: Weights, sizes: Sizes, directions: number): Separated {
  const { weightProj, layerNormWeight, layerNormBias, ...rest } = weights;
  checkLengths('', { weightProj, layerNormWeight, layerNormBias }, sizes, directions);
  return {
    rest,
    shared: present({ projection: weightProj, normGain: layerNormWeight, normBias: layerNormBias }),
    kernelSizes: kernelSizes(weightProj, sizes),
  };
}

/** @throws RangeError as `fromLibrary`. */
export function fromNative(weights: Weights, sizes: Sizes): Separated {
  const { projection, normGain, normBias, ...rest } = weights;
  const shared = { weightProj: projection, layerNormWeight: normGain, layerNormBias: normBias };
  checkLengths(', native weights', shared, sizes, 1);
  return { rest, shared: present(shared), kernelSizes: kernelSizes(projection, sizes) };
}

const present = (weights: Weights): Weights =>
  Object.fromEntries(
    Object.entries(weights).flatMap(([name, values]) => (values ? [[name, values.slice()]] : [])),
  );

const kernelSizes = (projection: FloatArray | undefined, { inputSize, units }: Sizes): Sizes => ({
  inputSize: projection ? projection.length / inputSize : inputSize,
  units,
});

function checkLengths(
  where: string,
  weights: Weights,
  { inputSize, units }: Sizes,
  directions: number,
): void {
  const outputs = directions * units;
  const { weightProj, layerNormWeight, layerNormBias } = weights;
  const fail = (name: keyof typeof NAMES, length: number | undefined, shape: string) => {
    const shown = where === '' ? name : NAMES[name];
    throw new RangeError(
      `layouts.asappresearch.sru${where}: ${shown} has ${length ?? 'no'} values, but with inputSize ${inputSize} and ` +
        `units ${units} its shape is ${shape}.`,
    );
  };
  if (weightProj && (weightProj.length === 0 || weightProj.length % inputSize !== 0)) {
    fail('weightProj', weightProj.length, `[${inputSize}, projection]`);
  }
  if (layerNormWeight && layerNormWeight.length !== inputSize && layerNormWeight.length !== outputs) {
    fail('layerNormWeight', layerNormWeight.length, `[${inputSize}] or, normalised after, [${outputs}]`);
  }
  if (layerNormBias && layerNormBias.length !== (layerNormWeight?.length ?? layerNormBias.length)) {
    fail('layerNormBias', layerNormBias.length, `that of the gains, [${layerNormWeight?.length}]`);
  }
}

/**
 * Refuses what one cell for each direction cannot compute as the library does.
 * @throws RangeError saying why.
 */
export function checkBothDirections(
  { shared }: Separated,
  { inputSize, units }: Sizes,
  options: { readonly normalizeAfter?: boolean; readonly usesHalf: boolean },
): void {
  const gains = shared.normGain ?? shared.layerNormWeight;
  const refuse = (reason: string) => {
    throw new RangeError(`layouts.asappresearch.sru, both directions: ${reason}`);
  };
  if (gains && (options.normalizeAfter || gains.length !== inputSize)) {
    refuse(
      `the library normalises the outputs of both directions together, ${2 * units} numbers, but each direction here its own.`,
    );
  }
  if (options.usesHalf && Object.keys(shared).length > 0) {
    refuse(
      `with inputSize ${inputSize} and ${units} units the highway takes a half of the input itself, but this kernel sees a ` +
        'projected or normalised input. Without highway it can be converted.',
    );
  }
}

/** @throws RangeError when the directions differ in weights that the library shares. */
export function checkShared(forward: Weights, backward: Weights): void {
  for (const [name, native] of Object.entries(NAMES)) {
    const [a, b] = [forward[name], backward[name]];
    if (a?.length === b?.length && (a ?? []).every((value, i) => value === b?.[i])) continue;
    throw new RangeError(
      `layouts.asappresearch.sru, native weights: the library has one ${name} for both directions, but these directions ` +
        `have different ${native}.`,
    );
  }
}
