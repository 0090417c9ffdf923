/** Models of TensorFlow.js: saved to files, loaded from files. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { ModelFile, RecurrentLayerData } from '../src/index.js';

/** The files that TensorFlow.js writes, as `File`s. */
export async function saved(
  model: tfl.LayersModel,
  change: (json: Record<string, unknown>) => object = (json) => json,
) {
  let files: File[] = [];
  await model.save({
    save: async ({ modelTopology, weightSpecs, weightData, format, generatedBy }) => {
      const weightsManifest = [{ paths: ['group1-shard1of1.bin'], weights: weightSpecs }];
      const json = JSON.parse(JSON.stringify({ modelTopology, weightsManifest, format, generatedBy }));
      files = [
        new File([JSON.stringify(change(json))], 'model.json'),
        new File([tf.io.CompositeArrayBuffer.join(weightData)], 'group1-shard1of1.bin'),
      ];
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' as const } };
    },
  });
  return files;
}

/** Loads written files by plain TensorFlow.js. */
export async function loadByTensorFlow(files: ReadonlyMap<string, Uint8Array>): Promise<tfl.LayersModel> {
  const [[, jsonBytes], [, weights]] = [...files];
  const { modelTopology, weightsManifest } = JSON.parse(new TextDecoder().decode(jsonBytes));
  const [{ weights: weightSpecs }] = weightsManifest;
  const weightData = new Uint8Array(weights).buffer;
  return tfl.loadLayersModel({ load: async () => ({ modelTopology, weightSpecs, weightData }) });
}

/** The numbers that a model predicts. */
export const predict = (model: tfl.LayersModel, ...inputs: tf.Tensor[]): number[] => {
  const result = model.predict(inputs.length === 1 ? inputs[0] : inputs) as tf.Tensor | tf.Tensor[];
  return (Array.isArray(result) ? result : [result]).flatMap((tensor) => [...tensor.dataSync()]);
};

export const sequential = (...chained: tfl.layers.Layer[]) => tfl.sequential({ layers: chained });

/** Start values that need no operations of their own; biases that are not zero. */
export const glorot = { recurrentInitializer: 'glorotUniform', biasInitializer: 'randomNormal' } as const;

/** The arguments of a first layer of 4 steps of 3 numbers. */
export const input = { inputShape: [4, 3], ...glorot };

/** The recurrent layers of a file. */
export const recurrentOf = ({ layers }: ModelFile): RecurrentLayerData[] =>
  layers.filter((layer): layer is RecurrentLayerData => layer.kind === 'recurrent');
