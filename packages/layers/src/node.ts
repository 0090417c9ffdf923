/** Files in Node without tfjs-node: `model.save('file://…')` and `loadLayersModel('file://…')`. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { io } from '@tensorflow/tfjs-core';

const SCHEME = 'file://';
const MODEL = 'model.json';
const WEIGHTS = 'weights.bin';

/** The path of a `file://` URL. TensorFlow.js's users write relative ones as well: `file://./model`. */
function toPath(url: string): string {
  return /^file:\/\/\//.test(url) ? fileURLToPath(url) : url.slice(SCHEME.length);
}

/**
 * A handler that saves a model into a folder, `model.json` and `weights.bin`, and loads it from its `model.json`.
 * @param path a folder to save in, or the `model.json` to load.
 */
export function fileHandler(path: string): io.IOHandler {
  return {
    save: async ({ weightData, weightSpecs = [], ...artifacts }) => {
      await mkdir(path, { recursive: true });
      const weights = new Uint8Array(io.CompositeArrayBuffer.join(weightData));
      const json = { ...artifacts, weightsManifest: [{ paths: [WEIGHTS], weights: weightSpecs }] };
      await replaceFile(join(path, WEIGHTS), weights);
      await replaceFile(join(path, MODEL), JSON.stringify(json));
      const modelArtifactsInfo = io.getModelArtifactsInfoForJSON({ ...artifacts, weightData, weightSpecs });
      return { modelArtifactsInfo };
    },
    load: async () => {
      const json = JSON.parse(await readFile(path, 'utf8')) as io.ModelJSON;
      return io.getModelArtifactsForJSON(json, async (manifest) => {
        const files = manifest.flatMap(({ paths }) => paths);
        const outside = files.find((name) => isAbsolute(name) || name.split(/[\\/]/).includes('..'));
        if (outside !== undefined) {
          throw new Error(`${path}: it names the file ${outside}, which is not in its own folder.`);
        }
        const parts = await Promise.all(files.map((name) => readFile(join(dirname(path), name))));
        const weights = Buffer.concat(parts);
        const buffer = weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.length);
        return [manifest.flatMap((group) => group.weights), buffer as ArrayBuffer];
      });
    },
  };
}

/** A reader of the path sees the file before or the file after. */
async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(`${path}.partial`, content);
  await rename(`${path}.partial`, path);
}

type Router = Parameters<typeof io.registerLoadRouter>[0];

const router = ((url: string | string[]): io.IOHandler | null =>
  typeof url === 'string' && url.startsWith(SCHEME) ? fileHandler(toPath(url)) : null) as Router;

// With tfjs-node there is a handler for these addresses already, and TensorFlow.js refuses a second one.
if (io.getLoadHandlers(`${SCHEME}model`).length === 0) {
  io.registerSaveRouter(router);
  io.registerLoadRouter(router);
}
