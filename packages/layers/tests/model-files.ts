import { io } from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';

/** Saves a model to memory. */
export async function saveToMemory(model: LayersModel, config?: io.SaveConfig): Promise<io.ModelArtifacts> {
  let artifacts: io.ModelArtifacts | undefined;
  const handler = io.withSaveHandler(async (written) => {
    // A file holds JSON.
    artifacts = { ...written, modelTopology: JSON.parse(JSON.stringify(written.modelTopology)) };
    return { modelArtifactsInfo: io.getModelArtifactsInfoForJSON(written) };
  });
  await model.save(handler, config);
  return artifacts!;
}

/** Saves a model to memory and loads it again. */
export async function saveAndLoad(model: LayersModel, config?: io.SaveConfig): Promise<LayersModel> {
  return loadLayersModel(io.fromMemory(await saveToMemory(model, config)));
}
