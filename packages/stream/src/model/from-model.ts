/** Networks for streams from trained models of Keras and TensorFlow.js. */
import { concat } from '@sluice/core/equations';
import { type Network, network, Signal } from '@sluice/core/network';
import type { ModelFile } from '@sluice/formats';
import type { ModelPort } from '../onnx/boundary.js';
import { refuseOptions } from '../options.js';
import { type Flow, MAX_COUNT } from './layer-call.js';
import { knownLayers, ModelRun } from './model-run.js';

export type { ModelPort } from '../onnx/boundary.js';
export { knownLayers };

export interface FromModelOptions {
  /** The time steps of a frame. Default 1. */
  readonly timesteps?: number;
}

/** A model for `createStream(network, { weights })`. */
export interface ModelNetwork {
  readonly network: Network;
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** The places of the model's inputs in a frame, of the shape `[timesteps, features]` or `[features]`. */
  readonly inputs: readonly ModelPort[];
  /** The places of its outputs in a result. */
  readonly outputs: readonly ModelPort[];
  /** The layers that compute from each frame alone, where Keras computes from a whole sequence: a sentence each. */
  readonly notes: readonly string[];
}

/**
 * A trained model as a network: a frame is the next time steps of one sequence, and the states of recurrent layers and of causal
 * convolutions pass from frame to frame. So all frames together give what the model gives for the whole sequence, except for the
 * layers in `notes`.
 *
 * @param model what `readModel` of `@sluice/formats` makes of a file, or `toModelFile` of `@sluice/layers` of a model in memory.
 * @throws TypeError naming every layer that cannot be taken, with the reason, or when the file holds weights alone.
 */
export function fromModel(model: ModelFile, options: FromModelOptions = {}): ModelNetwork {
  const { timesteps = 1, ...others } = options;
  refuseOptions('fromModel', Object.keys(others), ['timesteps']);
  if (!(Number.isSafeInteger(timesteps) && timesteps >= 1 && timesteps <= MAX_COUNT)) {
    throw new TypeError(`timesteps must be a whole number from 1 to ${MAX_COUNT}, but is ${timesteps}.`);
  }
  if (model?.topology === undefined) {
    throw new TypeError(
      'fromModel needs a model with its layers, such as a .keras file or a model.json, but was given ' +
        `${model?.format === undefined ? typeof model : `weights alone (${model.format})`}.`,
    );
  }
  const run = new ModelRun(model, model.topology, timesteps);
  const inputs = placed(run.inputShapes);
  const inputSize = inputs.reduce((sum, { length }) => sum + length, 0);
  let outputs: readonly ModelPort[] = [];
  const made = network({
    name: String((model.topology.config as { name?: unknown }).name ?? 'model'),
    inputSize,
    build: (x, use) => {
      const all = Signal.of(x.row, 1, inputSize);
      const flows = inputs.map(({ shape, start, length }): Flow => {
        const row = concat(...all.window(start, length));
        const positions = shape.length === 2 ? shape[0] : 1;
        return { signal: Signal.of(row, length / positions, positions), isSequence: shape.length === 2 };
      });
      const results = run.run(flows, use);
      outputs = placed(
        results.map(({ name, flow: { signal, isSequence } }) => ({
          name,
          shape: isSequence ? [signal.positions, signal.channels] : [signal.width],
        })),
      );
      const rows = results.map(({ flow }) => flow.signal.row);
      return Signal.of(
        rows.length === 1 ? rows[0] : concat(...rows),
        outputs.reduce((sum, { length }) => sum + length, 0),
      );
    },
  });
  return { network: made, weights: run.weights, inputs, outputs, notes: run.notes };
}

/** Values one behind the other. */
function placed(
  values: readonly { readonly name: string; readonly shape: readonly number[] }[],
): ModelPort[] {
  let end = 0;
  return values.map(({ name, shape }) => {
    const length = shape.reduce((product, size) => product * size, 1);
    const start = end;
    end += length;
    return { name, shape, start, length };
  });
}
