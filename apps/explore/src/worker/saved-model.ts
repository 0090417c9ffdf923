import { bodyOfModel, describeModel, modelFiles } from '@sluice/classify/browser';
import { io } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { strToU8, zipSync } from 'fflate';
import type { CellText } from '../protocol.js';
import type { Task } from '../tasks/task.js';

/**
 * A trained model as a zip archive. Of a task of texts it holds the folder that `sluice-classify predict --model` reads; of others
 * the files of a layers-model.
 */
export async function zipOfModel(
  model: LayersModel,
  text: CellText,
  task: Task,
  epochs: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const files: Record<string, Uint8Array> = {};
  const checksums: [file: string, checksum: string][] = [];
  const add = async (name: string, bytes: Uint8Array<ArrayBuffer>) => {
    files[name] = bytes;
    checksums.push([name, await checksum(bytes)]);
  };
  await model.save(
    io.withSaveHandler(async (artifacts) => {
      const weights = new Uint8Array(io.CompositeArrayBuffer.join(artifacts.weightData));
      const weightsFile = `weights-${(await checksum(weights)).slice(0, 12)}.bin`;
      await add(weightsFile, weights);
      if (task.texts) {
        const { vocabulary: tokens, settingsOf } = task.texts;
        const description = { settings: settingsOf(text), classes: task.classes, tokens };
        for (const [file, content] of describeModel(description)) await add(file, bytesOf(content));
      }
      const body = bodyOfModel(artifacts, weightsFile, epochs, checksums);
      const sealed = { ...body, checksum: await checksum(bytesOf(JSON.stringify(body))) };
      files[modelFiles.model] = bytesOf(JSON.stringify(sealed));
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  return zipSync(files) as Uint8Array<ArrayBuffer>;
}

const bytesOf = (text: string) => strToU8(text) as Uint8Array<ArrayBuffer>;

/** SHA-256, as hexadecimal digits. */
async function checksum(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
