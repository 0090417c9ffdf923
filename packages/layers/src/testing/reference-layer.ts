import { type Plan, planFor, referenceForward, referenceGradient } from '@sluice/core';
import type { SequenceInputs } from '@sluice/core/backend';
import { type Bidirectional, type MergeMode, RecurrentLayer } from '../index.js';

/** The arguments of a layer's call in float64, with the shapes of `apply`. */
export interface ReferenceCall {
  readonly batch: number;
  readonly timesteps: number;
  readonly x: Float64Array;
  /** `[batch, timesteps]`; 0 marks a padded step. */
  readonly mask?: Float64Array | undefined;
  readonly initialStates?: readonly Float64Array[] | undefined;
  /** One for each block of the recurrent kernels. */
  readonly recurrentMasks?: readonly Float64Array[] | undefined;
}

export type Cotangents = readonly (Float64Array | undefined)[];

/** The results of a layer, computed by the float64 reference. */
export interface ReferenceRun {
  /** In the order of `apply`: the output or outputs, then the states with `returnState`. */
  readonly outputs: readonly Float64Array[];
  readonly states: readonly Float64Array[];
  /** The gradient of Σ cotangent · output. */
  gradient(cotangents: Cotangents): ReferenceGradient;
}

export interface ReferenceGradient {
  readonly x: Float64Array;
  readonly initialStates: readonly Float64Array[];
  readonly weights: readonly Float64Array[];
}

/** Runs the reference with the weights, in the layer's order. */
export function runReference(
  layer: RecurrentLayer | Bidirectional,
  weights: readonly Float64Array[],
  call: ReferenceCall,
): ReferenceRun {
  if (layer instanceof RecurrentLayer) return runDirection(layer, weights, call, layer.goBackwards);
  return runBothDirections(layer, weights, call);
}

/** @param reversed whether the order of the outputs is opposite to that of the inputs. */
function runDirection(
  layer: RecurrentLayer,
  weights: readonly Float64Array[],
  { batch, timesteps, x, ...operands }: ReferenceCall,
  reversed: boolean,
): ReferenceRun {
  const { units } = layer;
  const plan: Plan = planFor(
    layer.cell,
    { inputSize: x.length / (batch * timesteps), units },
    { recurrentDropout: operands.recurrentMasks !== undefined },
  );
  const inputs: SequenceInputs<Float64Array> = {
    ...operands,
    batch,
    timesteps,
    x,
    parameters: weights,
    reverse: layer.goBackwards,
    maskedOutput: layer.getConfig().zeroOutputForMask ? 'zero' : 'repeat',
  };
  const { sequence, states } = referenceForward(plan, inputs);
  /** For each step of the output, the step of its input. */
  const steps = layer.returnSequences
    ? Array.from({ length: timesteps }, (_, step) => (reversed ? timesteps - 1 - step : step))
    : [layer.goBackwards ? 0 : timesteps - 1];
  const visitRows = (visit: (sequenceOffset: number, outputOffset: number) => void) => {
    for (let row = 0; row < batch; row++) {
      steps.forEach((step, i) => {
        visit((row * timesteps + step) * units, (row * steps.length + i) * units);
      });
    }
  };
  const output = new Float64Array(batch * steps.length * units);
  visitRows((from, to) => output.set(sequence.subarray(from, from + units), to));
  return {
    outputs: [output, ...(layer.returnState ? states : [])],
    states,
    gradient: ([outputCotangent, ...stateCotangents]) => {
      const cotangent = new Float64Array(sequence.length);
      if (outputCotangent) {
        visitRows((to, from) => cotangent.set(outputCotangent.subarray(from, from + units), to));
      }
      const gradient = referenceGradient(plan, inputs, {
        sequence: cotangent,
        states: stateCotangents.length > 0 ? stateCotangents : undefined,
      });
      return { x: gradient.x, initialStates: gradient.initialStates, weights: gradient.parameters };
    },
  };
}

function runBothDirections(
  layer: Bidirectional,
  weights: readonly Float64Array[],
  call: ReferenceCall,
): ReferenceRun {
  const { forwardLayer, backwardLayer } = layer;
  const { mergeMode } = layer.getConfig() as { mergeMode: MergeMode };
  const takeHalf = <T>(values: readonly T[] | undefined, half: number) =>
    values?.slice((half * values.length) / 2, ((half + 1) * values.length) / 2);
  // The outputs of both directions are in the forward layer's order.
  const runs = [forwardLayer, backwardLayer].map((direction, half) =>
    runDirection(
      direction,
      takeHalf(weights, half) as Float64Array[],
      {
        ...call,
        initialStates: takeHalf(call.initialStates, half),
        recurrentMasks: takeHalf(call.recurrentMasks, half),
      },
      forwardLayer.goBackwards,
    ),
  );
  const [forward, backward] = runs.map(({ outputs }) => outputs[0]);
  const states = runs.flatMap((run) => run.states);
  const { merge, split } = createMerge(mergeMode, forwardLayer.units);
  return {
    outputs: [...merge(forward, backward), ...(forwardLayer.returnState ? states : [])],
    states,
    gradient: (cotangents) => {
      const merged = mergeMode === null ? 2 : 1;
      const outputCotangents = split(cotangents.slice(0, merged), forward, backward);
      const [ahead, back] = runs.map((run, half) =>
        run.gradient([outputCotangents[half], ...(takeHalf(cotangents.slice(merged), half) ?? [])]),
      );
      return {
        x: ahead.x.map((value, i) => value + back.x[i]),
        initialStates: [...ahead.initialStates, ...back.initialStates],
        weights: [...ahead.weights, ...back.weights],
      };
    },
  };
}

interface Merge {
  merge(forward: Float64Array, backward: Float64Array): Float64Array[];
  /** The cotangents of the two outputs. */
  split(cotangents: Cotangents, forward: Float64Array, backward: Float64Array): Cotangents;
}

/** How Keras merges the outputs of two directions. */
function createMerge(mode: MergeMode, units: number): Merge {
  const zip = (a: Float64Array, b: Float64Array, combine: (x: number, y: number) => number) =>
    a.map((value, i) => combine(value, b[i]));
  const scale = (values: Float64Array | undefined, factor: number) => values?.map((value) => value * factor);
  switch (mode) {
    case null:
      return { merge: (a, b) => [a, b], split: (cotangents) => cotangents };
    case 'sum':
      return { merge: (a, b) => [zip(a, b, (x, y) => x + y)], split: ([both]) => [both, both] };
    case 'ave':
      return {
        merge: (a, b) => [zip(a, b, (x, y) => (x + y) / 2)],
        split: ([both]) => [scale(both, 0.5), scale(both, 0.5)],
      };
    case 'mul':
      return {
        merge: (a, b) => [zip(a, b, (x, y) => x * y)],
        split: ([both], a, b) => [
          both && zip(both, b, (x, y) => x * y),
          both && zip(both, a, (x, y) => x * y),
        ],
      };
    case 'concat': {
      const takeColumns = (values: Float64Array, half: number) =>
        values.filter((_, i) => Math.floor(i / units) % 2 === half);
      const concatenate = (a: Float64Array, b: Float64Array) =>
        new Float64Array(2 * a.length).map((_, i) => {
          const [row, column] = [Math.floor(i / (2 * units)), i % (2 * units)];
          return column < units ? a[row * units + column] : b[row * units + column - units];
        });
      return {
        merge: (a, b) => [concatenate(a, b)],
        split: ([both]) => [both && takeColumns(both, 0), both && takeColumns(both, 1)],
      };
    }
  }
}
