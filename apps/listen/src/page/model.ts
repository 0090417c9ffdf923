import { decodeSafetensors } from '@sluice/formats/safetensors';
import { compileModule, compileStream } from '@sluice/stream';
import type { AudioModel } from '@sluice/stream/audio';
import { detector, SAMPLE_RATE } from '../detector/network.js';

/** A network for the audio thread. Its first result is the probability of speech. */
export interface OpenedModel {
  readonly name: string;
  readonly model: AudioModel;
  /** The samples of a frame that come before its own. */
  readonly context: number;
  /** Whether the named values of the page's GRU follow the probability. */
  readonly hasGates: boolean;
}

/** The address of the weights, which the page's build copies. */
const WEIGHTS = new URL('../detector/weights.safetensors', import.meta.url);

/** The page's own voice activity network. */
export async function loadDetector(): Promise<OpenedModel> {
  const response = await fetch(WEIGHTS);
  if (!response.ok) {
    throw new Error(`The network's weights did not load: ${response.status} ${response.statusText}.`);
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  const { tensors } = decodeSafetensors(bytes, 'weights.safetensors');
  const weights = new Map(tensors.map(({ name, values }) => [name, values]));
  const model = await compileModule(compileStream(detector, weights));
  return { name: 'the network of this page', model, context: 0, hasGates: true };
}

/**
 * A network from the visitor's file: ONNX, or a `.wasm` that `sluice compile` has written.
 *
 * @param samples the new samples of each frame, and the `context` samples before them.
 * @throws Error with a sentence for the visitor when the file is damaged, or has operations that no stream can compute.
 */
export async function openModel(
  file: File,
  { samples, context }: { readonly samples: number; readonly context: number },
): Promise<OpenedModel> {
  const { name } = file;
  if (/\.wasm$/i.test(name)) {
    return { name, model: await WebAssembly.compile(await file.arrayBuffer()), context, hasGates: false };
  }
  if (!/\.onnx$/i.test(name)) {
    throw new Error(`'${name}' is no .onnx file, and no .wasm file of 'sluice compile'.`);
  }
  const [{ readGraph }, { fromOnnx }] = await Promise.all([
    import('@sluice/formats/onnx'),
    import('@sluice/stream/onnx'),
  ]);
  const { graph } = await readGraph(file);
  const sizes: Record<string, number> = {};
  const inputs: Record<string, number> = {};
  for (const { name: input = '', type } of graph.input) {
    const axes = type?.tensorType?.shape?.dim ?? [];
    // A number without axes is the sample rate; a free axis that is no batch has the samples of a frame.
    if (axes.length === 0) inputs[input] = SAMPLE_RATE;
    for (const { dimParam } of axes) {
      if (dimParam && !/batch|^n$|^b$/i.test(dimParam)) sizes[dimParam] = samples + context;
    }
  }
  const { network, weights } = await fromOnnx(file, { sizes, inputs });
  if (network.sizes.inputSize !== samples + context) {
    throw new Error(
      `A frame of '${name}' has ${network.sizes.inputSize} samples. Set the two numbers so that their sum is that.`,
    );
  }
  const model = await compileModule(compileStream(network, weights));
  return { name, model, context, hasGates: false };
}
