import {
  adam,
  bidirectional,
  clipGradients,
  dense,
  dropout,
  embedding,
  gru,
  lstm,
  rnn,
  sequential,
  simpleRNN,
  sru,
} from '@sluice/layers';
import { initializers, type LayersModel } from '@tensorflow/tfjs-layers';
import { deriveSeed, stream } from '../random/generator.js';
import { ownCell } from './own-cell.js';
import { cellNamed, ownCellName, type Settings } from './settings.js';

/**
 * The text classifier: an embedding, recurrent layers, and a dense layer with one sigmoid output for two classes or
 * a softmax over more. It takes indices `[batch, timesteps]` of any number of time steps; steps that hold the padding
 * index 0 are masked, so that a text's result does not depend on the batch it is in. Ready for training with Adam.
 *
 * @param vocabularySize rows of the embedding.
 * @param classes at least 2.
 */
export function buildModel(settings: Settings, vocabularySize: number, classes: number): LayersModel {
  const seed = (weight: number) => deriveSeed(settings.seed, stream.weights, weight);
  const model = sequential();
  model.add(
    embedding({
      inputDim: vocabularySize,
      outputDim: settings.embedding,
      maskZero: true,
      seed: seed(0),
      name: 'embedding',
    }),
  );
  if (settings.dropout > 0) model.add(dropout({ rate: settings.dropout, name: 'dropout_0' }));
  for (let number = 1; number <= settings.layers; number++) {
    model.add(recurrentLayer(settings, number, seed(number)));
    if (settings.dropout > 0) model.add(dropout({ rate: settings.dropout, name: `dropout_${number}` }));
  }
  const binary = classes === 2;
  model.add(
    dense({
      units: outputUnits(classes),
      activation: binary ? 'sigmoid' : 'softmax',
      kernelInitializer: initializers.glorotUniform({ seed: seed(settings.layers + 1) }),
      name: 'dense',
    }),
  );
  const optimizer = adam(settings.learningRate);
  model.compile({
    optimizer:
      settings.clipNorm === null ? optimizer : clipGradients(optimizer, { globalNorm: settings.clipNorm }),
    loss: binary ? 'binaryCrossentropy' : 'categoricalCrossentropy',
    metrics: ['accuracy'],
  });
  return model;
}

/** Units of the dense layer: the probability of the second of two classes, or of each of more. */
export function outputUnits(classes: number): number {
  return classes === 2 ? 1 : classes;
}

/** The recurrent layer with this number, from 1. All but the last return their output at every time step. */
function recurrentLayer(settings: Settings, number: number, seed: number) {
  const args = {
    units: settings.units,
    returnSequences: number < settings.layers,
    seed,
    name: `recurrent_${number}`,
  };
  const layer = layerOf(settings, args);
  if (!settings.bidirectional) return layer;
  return bidirectional({ layer, mergeMode: 'concat', name: `bidirectional_${number}` });
}

function layerOf(
  settings: Settings,
  args: { units: number; returnSequences: boolean; seed: number; name: string },
) {
  switch (settings.cell) {
    case 'gru':
      // Explicit, since a checkpoint names only the cell and its weights fit only this form of the bias.
      return gru({ ...args, resetAfter: true });
    case 'lstm':
      return lstm(args);
    case 'sru':
      return sru(args);
    case 'simple-rnn':
      return simpleRNN(args);
    case ownCellName:
      return rnn({ ...args, cell: ownCell(settings) });
    default:
      return rnn({ ...args, cell: cellNamed(settings.cell) });
  }
}

/**
 * Gives each dropout layer the seed for one training batch. TensorFlow.js's layer draws its mask from its `seed` at every
 * call: with a fixed seed it would drop the same activations in every batch, without a seed a run could not be repeated.
 * The seed is a field of the layer that its types hide.
 */
export function seedDropout(model: LayersModel, seed: number, epoch: number, batch: number): void {
  model.layers.forEach((layer, position) => {
    if (layer.getClassName() !== 'Dropout') return;
    (layer as unknown as { seed: number }).seed = deriveSeed(seed, stream.dropout, epoch, batch, position);
  });
}
