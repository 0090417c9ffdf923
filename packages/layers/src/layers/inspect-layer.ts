import { cellOfNames, planFor, probedCell } from '@sluice/core';
import {
  concat,
  grad,
  keep,
  type Scalar,
  slice,
  type Tensor,
  type Tensor3D,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';
import type { RecurrentResult, RunOptions } from '../operation/operands.js';
import { runPlan } from '../operation/recurrent.js';
import { RecurrentLayer } from './recurrent-layer.js';

/** The arguments of an inspected call, as those of `layer.apply`. */
export interface InspectedCall {
  /** `[batch, timesteps]`; 0 marks a padded step. */
  readonly mask?: Tensor;
  /** The number of steps of each sequence, instead of a mask. */
  readonly lengths?: ArrayLike<number>;
  /** A row for each state; by default zeros. */
  readonly initialState?: readonly Tensor[];
}

/**
 * The named values of a layer's equations over a sequence: gates, candidate, new states. One pass, on the current backend.
 *
 * @param x `[batch, timesteps, features]`.
 * @returns a tensor `[batch, timesteps, width]` for each name, in time's own order also with `goBackwards`. Without dropout. The
 *   caller disposes of them.
 * @throws TypeError when the layer is no recurrent layer of this package, or is not built; RangeError when a shape does not fit.
 */
export function inspectLayer(
  layer: RecurrentLayer,
  x: Tensor3D,
  call: InspectedCall = {},
): Record<string, Tensor3D> {
  return tidy(() => {
    const sizes = checkLayer(layer, x, 'inspectLayer');
    const { cell, columns } = cellOfNames(layer.cell, sizes);
    const { sequence } = runPlan(planFor(cell, sizes), x, layer.getWeights(), optionsOf(layer, call));
    return Object.fromEntries(
      columns.map(({ name, start, width }) => [name, columnsOf(sequence, start, width)]),
    );
  });
}

/** The gradient of a loss, step by step; each `[batch, timesteps, width]`. The caller disposes of them. */
export interface LayerGradients {
  /** dL/dxₜ. */
  readonly x: Tensor3D;
  /** dL/dhₜ for each state h after step t, through all later steps. */
  readonly states: Record<string, Tensor3D>;
}

/**
 * The gradient of a loss with respect to a layer's input and to its states at every step, on the current backend: whether
 * gradients vanish or explode.
 *
 * @param loss a scalar from the layer's outputs `[batch, timesteps, width]` and its last states.
 */
export function inspectLayerGradients(
  layer: RecurrentLayer,
  x: Tensor3D,
  loss: (sequence: Tensor3D, states: RecurrentResult['states']) => Scalar,
  call: InspectedCall = {},
): LayerGradients {
  return tidy(() => {
    const sizes = checkLayer(layer, x, 'inspectLayerGradients');
    const probed = probedCell(layer.cell, sizes);
    const plan = planFor(probed.cell, probed.sizes);
    const [batch, timesteps] = x.shape;
    const probes = zeros([batch, timesteps, probed.sizes.inputSize - sizes.inputSize]) as Tensor3D;
    const weights = layer.getWeights();
    const gradient = grad((input) => {
      const { sequence, states } = runPlan(plan, input as Tensor3D, weights, optionsOf(layer, call));
      return loss(sequence, states);
    })(concat([x, probes], 2)) as Tensor3D;
    const states = probed.probes.map(
      ({ name, start, width }) => [name, keep(columnsOf(gradient, start, width))] as const,
    );
    return { x: keep(columnsOf(gradient, 0, sizes.inputSize)), states: Object.fromEntries(states) };
  });
}

const columnsOf = (sequence: Tensor3D, start: number, width: number): Tensor3D =>
  slice(sequence, [0, 0, start], [-1, -1, width]);

function optionsOf(
  { goBackwards }: RecurrentLayer,
  { mask, lengths, initialState }: InspectedCall,
): RunOptions {
  return { mask, lengths, initialStates: initialState, reverse: goBackwards };
}

function checkLayer(layer: RecurrentLayer, x: Tensor3D, caller: string) {
  if (!(layer instanceof RecurrentLayer)) {
    throw new TypeError(`${caller} takes a recurrent layer of @sluice/layers, such as gru({ units: 8 }).`);
  }
  if (!layer.built) {
    throw new TypeError(`${caller}: '${layer.name}' has no weights yet; apply it, or a model with it, once.`);
  }
  return { inputSize: x.shape[2], units: layer.units };
}
