import { decodeSafetensors } from '@sluice/formats/safetensors';
import { compileModule, compileStream, type StreamModel } from '@sluice/stream';
import { detector } from '../detector/network.js';

/** The address of the weights, which the page's build copies. */
const WEIGHTS = new URL('../detector/weights.safetensors', import.meta.url);

/** The voice activity network, compiled for the audio thread. */
export async function loadDetector(): Promise<StreamModel> {
  const response = await fetch(WEIGHTS);
  if (!response.ok)
    throw new Error(`The network's weights did not load: ${response.status} ${response.statusText}.`);
  const { tensors } = decodeSafetensors(new Uint8Array(await response.arrayBuffer()), 'weights.safetensors');
  const weights = new Map(tensors.map(({ name, values }) => [name, values]));
  return compileModule(compileStream(detector, weights));
}
