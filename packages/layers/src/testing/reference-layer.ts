import { type Plan, planFor, referenceForward, referenceGradient } from '@sluice/core';
import type { SequenceInputs } from '@sluice/core/backend';
import { type Bidirectional, type MergeMode, RecurrentLayer } from '../index.js';

/** What a layer is called with, in float64; shapes as in `apply`. */
export interface ReferenceCall {
  readonly batch: number;
  readonly timesteps: number;
  readonly x: Float64Array;
  /** 0 marks a padded step. */
  readonly mask?: Float64Array | undefined;
  readonly initialStates?: readonly Float64Array[] | undefined;
  /** One for each block of the recurrent kernels. */
  readonly recurrentMasks?: readonly Float64Array[] | undefined;
}

export type Cotangents = readonly (Float64Array | undefined)[];

/** What a layer computes, by the float64 reference from its weights. */
export interface ReferenceRun {
  /** As `apply` returns them: the output or outputs, then, with `returnState`, the states. */
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

/** Runs the reference of a layer with the given weights, in the layer's order. */
export function runReference(
  layer: RecurrentLayer | Bidirectional,
  weights: readonly Float64Array[],
  call: ReferenceCall,
): ReferenceRun {
  if (layer instanceof RecurrentLayer) return runDirection(layer, weights, call, layer.goBackwards);
  return runBoth(layer, weights, call);
}

/** @param turned whether the outputs come in the opposite order of their inputs */
function runDirection(
  layer: RecurrentLayer,
  weights: readonly Float64Array[],
  { batch, timesteps, x, ...given }: ReferenceCall,
  turned: boolean,
): ReferenceRun {
  const { units } = layer;
  const plan: Plan = planFor(
    layer.cell,
    { inputSize: x.length / (batch * timesteps), units },
    { recurrentDropout: given.recurrentMasks !== undefined },
  );
  const inputs: SequenceInputs<Float64Array> = {
    ...given,
    batch,
    timesteps,
    x,
    parameters: weights,
    reverse: layer.goBackwards,
    maskedOutput: layer.getConfig().zeroOutputForMask ? 'zero' : 'repeat',
  };
  const { sequence, states } = referenceForward(plan, inputs);
  /** The step of the input whose output stands at each step of the layer's. */
  const steps = layer.returnSequences
    ? Array.from({ length: timesteps }, (_, step) => (turned ? timesteps - 1 - step : step))
    : [layer.goBackwards ? 0 : timesteps - 1];
  const eachRow = (visit: (ofSequence: number, ofOutput: number) => void) => {
    for (let row = 0; row < batch; row++) {
      steps.forEach((step, i) => {
        visit((row * timesteps + step) * units, (row * steps.length + i) * units);
      });
    }
  };
  const output = new Float64Array(batch * steps.length * units);
  eachRow((from, to) => output.set(sequence.subarray(from, from + units), to));
  return {
    outputs: [output, ...(layer.returnState ? states : [])],
    states,
    gradient: ([ofOutput, ...ofStates]) => {
      const cotangent = new Float64Array(sequence.length);
      if (ofOutput) eachRow((to, from) => cotangent.set(ofOutput.subarray(from, from + units), to));
      const gradient = referenceGradient(plan, inputs, {
        sequence: cotangent,
        states: ofStates.length > 0 ? ofStates : undefined,
      });
      return { x: gradient.x, initialStates: gradient.initialStates, weights: gradient.parameters };
    },
  };
}

function runBoth(layer: Bidirectional, weights: readonly Float64Array[], call: ReferenceCall): ReferenceRun {
  const { forwardLayer, backwardLayer } = layer;
  const { mergeMode } = layer.getConfig() as { mergeMode: MergeMode };
  const ofEach = <T>(values: readonly T[] | undefined, half: number) =>
    values?.slice((half * values.length) / 2, ((half + 1) * values.length) / 2);
  // Both directions give their outputs in the forward layer's order.
  const runs = [forwardLayer, backwardLayer].map((direction, half) =>
    runDirection(
      direction,
      ofEach(weights, half) as Float64Array[],
      {
        ...call,
        initialStates: ofEach(call.initialStates, half),
        recurrentMasks: ofEach(call.recurrentMasks, half),
      },
      forwardLayer.goBackwards,
    ),
  );
  const [forward, backward] = runs.map(({ outputs }) => outputs[0]);
  const states = runs.flatMap((run) => run.states);
  const { merge, split } = merging(mergeMode, forwardLayer.units);
  return {
    outputs: [...merge(forward, backward), ...(forwardLayer.returnState ? states : [])],
    states,
    gradient: (cotangents) => {
      const merged = mergeMode === null ? 2 : 1;
      const ofOutputs = split(cotangents.slice(0, merged), forward, backward);
      const [there, back] = runs.map((run, half) =>
        run.gradient([ofOutputs[half], ...(ofEach(cotangents.slice(merged), half) ?? [])]),
      );
      return {
        x: there.x.map((value, i) => value + back.x[i]),
        initialStates: [...there.initialStates, ...back.initialStates],
        weights: [...there.weights, ...back.weights],
      };
    },
  };
}

interface Merging {
  merge(forward: Float64Array, backward: Float64Array): Float64Array[];
  /** The cotangents of the two outputs. */
  split(cotangents: Cotangents, forward: Float64Array, backward: Float64Array): Cotangents;
}

/** How Keras merges the outputs of two directions. */
function merging(mode: MergeMode, units: number): Merging {
  const zip = (a: Float64Array, b: Float64Array, combine: (x: number, y: number) => number) =>
    a.map((value, i) => combine(value, b[i]));
  const scaled = (values: Float64Array | undefined, factor: number) => values?.map((value) => value * factor);
  switch (mode) {
    case null:
      return { merge: (a, b) => [a, b], split: (cotangents) => cotangents };
    case 'sum':
      return { merge: (a, b) => [zip(a, b, (x, y) => x + y)], split: ([both]) => [both, both] };
    case 'ave':
      return {
        merge: (a, b) => [zip(a, b, (x, y) => (x + y) / 2)],
        split: ([both]) => [scaled(both, 0.5), scaled(both, 0.5)],
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
      const half = (values: Float64Array, offset: number) =>
        values.filter((_, i) => Math.floor(i / units) % 2 === offset);
      const merge = (a: Float64Array, b: Float64Array) =>
        new Float64Array(2 * a.length).map((_, i) => {
          const [row, column] = [Math.floor(i / (2 * units)), i % (2 * units)];
          return column < units ? a[row * units + column] : b[row * units + column - units];
        });
      return {
        merge: (a, b) => [merge(a, b)],
        split: ([both]) => [both && half(both, 0), both && half(both, 1)],
      };
    }
  }
}
