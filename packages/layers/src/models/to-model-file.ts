import type { KerasObject, ModelFile } from '@sluice/formats';
import { describeModel } from '@sluice/formats/layers-model';
import { io } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { checkModel, leavesOf } from './acceleration.js';

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
  const named = nameByPath(model, weightSpecs);
  const bytes = new Uint8Array(io.CompositeArrayBuffer.join(weightData));
  // TensorFlow.js repeats outputs at padded steps; Sluice's wrapper says what it does.
  return describeModel(JSON.parse(JSON.stringify(modelTopology)) as KerasObject, named, bytes);
}

/** The entries of a model's weights with the paths of their layers: layers of two inner models may have one name. */
function nameByPath(
  model: LayersModel,
  specs: readonly io.WeightsManifestEntry[],
): io.WeightsManifestEntry[] {
  const owners = new Map(
    leavesOf(model).flatMap(([path, layer]) =>
      layer.weights.map((weight) => [weight, { path, layer }] as const),
    ),
  );
  return specs.map((spec, i) => {
    const { path, layer } = owners.get(model.weights[i]) ?? {};
    const isOwn = layer !== undefined && spec.name.startsWith(`${layer.name}/`);
    return isOwn ? { ...spec, name: path + spec.name.slice(layer.name.length) } : spec;
  });
}
