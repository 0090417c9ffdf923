import type { KerasObject, ModelFile } from '@sluice/formats';
import { describeModel } from '@sluice/formats/layers-model';
import { io } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { checkModel } from './acceleration.js';

/**
 * A model as the plain data that `writeModel` of `@sluice/formats/write` writes in any format. The optimizer's state is left out.
 *
 * @param model of Sluice's or TensorFlow.js's layers.
 * @throws TypeError when it is no LayersModel; FormatError when a layer has an option that plain data cannot hold.
 */
export async function toModelFile(model: LayersModel): Promise<ModelFile> {
  checkModel(model, 'toModelFile');
  let artifacts: io.ModelArtifacts | undefined;
  await model.save(
    io.withSaveHandler(async (saved) => {
      artifacts = saved;
      return { modelArtifactsInfo: io.getModelArtifactsInfoForJSON(saved) };
    }),
  );
  const { modelTopology, weightSpecs = [], weightData } = artifacts as io.ModelArtifacts;
  const bytes = new Uint8Array(io.CompositeArrayBuffer.join(weightData));
  // TensorFlow.js repeats outputs at padded steps; Sluice's wrapper says what it does.
  return describeModel(JSON.parse(JSON.stringify(modelTopology)) as KerasObject, weightSpecs, bytes);
}
