import { io } from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';

/** Saves a model to memory. */
export async function saved(model: LayersModel, config?: io.SaveConfig): Promise<io.ModelArtifacts> {
  let artifacts: io.ModelArtifacts | undefined;
  const handler = io.withSaveHandler(async (given) => {
    // As it would come back from a file.
    artifacts = { ...given, modelTopology: JSON.parse(JSON.stringify(given.modelTopology)) };
    return { modelArtifactsInfo: io.getModelArtifactsInfoForJSON(given) };
  });
  await model.save(handler, config);
  return artifacts!;
}

/** The model as another process would load it. */
export async function savedAndLoaded(model: LayersModel, config?: io.SaveConfig): Promise<LayersModel> {
  return loadLayersModel(io.fromMemory(await saved(model, config)));
}
