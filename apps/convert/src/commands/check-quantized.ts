import { basename } from 'node:path';
import { type FileTensor, FormatError, readArrays } from '@sluice/formats';
import { compareQuantized, type QuantizedComparison } from '@sluice/stream';
import { fromModel } from '@sluice/stream/model';
import { fromOnnx, type ModelPort, type StreamNetwork } from '@sluice/stream/onnx';
import { readFile } from '../read-file.js';
import { formatBytes, formatDifference, type Terminal, UsageError } from '../terminal.js';

export interface QuantizedFlags {
  readonly quantize: 'float16' | 'int8';
  readonly data: string;
  readonly threshold?: number;
  readonly tolerance?: number;
  /** `name=number` texts. */
  readonly size?: readonly string[];
  readonly input?: readonly string[];
}

/**
 * Says what weights in fewer bits do to a network on the frames of a file.
 * @returns the exit status: 1 when a difference is above the tolerance, if one is given.
 */
export async function checkQuantized(
  path: string,
  flags: QuantizedFlags,
  terminal: Terminal,
): Promise<number> {
  const { quantize, data, threshold = 0.5, tolerance = Number.POSITIVE_INFINITY } = flags;
  if (!(threshold >= 0 && threshold <= 1)) {
    throw new UsageError('--threshold must be a number from 0 to 1, such as 0.5.');
  }
  if (!(tolerance >= 0)) throw new UsageError('--tolerance must be a number of at least 0, such as 1e-2.');
  const model = await networkOf(path, flags, terminal);
  const frames = framesOf(await readArrays(data), model.inputs, data);
  terminal.signal.throwIfAborted();
  const found = await refusals(path, () =>
    compareQuantized(model.network, model.weights, frames, { quantize, threshold }),
  );
  terminal.output.write(`${reportOf(found, path, quantize, threshold)}\n`);
  return found.largestDifference <= tolerance ? 0 : 1;
}

/** A network, and the places of its inputs in a frame. */
type FileNetwork = Pick<StreamNetwork, 'network' | 'weights' | 'inputs'>;

async function networkOf(path: string, flags: QuantizedFlags, terminal: Terminal): Promise<FileNetwork> {
  const sizes = numbersOf('--size', flags.size);
  if (/\.onnx$/i.test(path)) {
    const options = { sizes, inputs: numbersOf('--input', flags.input), signal: terminal.signal };
    return refusals(path, () => fromOnnx(path, options));
  }
  if (flags.input !== undefined) throw new UsageError(`${path}: --input is for .onnx files.`);
  const file = await readFile(path, {}, terminal);
  const model = await refusals(path, async () => fromModel(file, sizes));
  for (const note of model.notes) terminal.error.write(`note: ${note}\n`);
  return model;
}

/** Runs `work`; what it refuses is an error of the user's. */
async function refusals<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FormatError || !(error instanceof TypeError || error instanceof RangeError))
      throw error;
    const named = error.message.startsWith(basename(path)) ? error.message : `${path}: ${error.message}`;
    const hint = 'Sizes are given as --size NAME=NUMBER, inputs as --input NAME=NUMBER.';
    throw new UsageError(/sizes?:|inputs:/.test(named) ? `${named}\n${hint}` : named);
  }
}

function numbersOf(option: string, texts: readonly string[] = []): Record<string, number> {
  const entries = texts.map((text) => {
    const [, name, number] = /^(.+)=([^=]+)$/.exec(text) ?? [];
    if (name === undefined || Number.isNaN(Number(number))) {
      throw new UsageError(`${option} ${text}: expected NAME=NUMBER, such as sequence=576.`);
    }
    return [name, Number(number)] as const;
  });
  return Object.fromEntries(entries);
}

/** The frames of arrays `[frames, …]` with the names of the inputs; the array of a single input may also be `x`. */
function framesOf(arrays: readonly FileTensor[], inputs: readonly ModelPort[], path: string): Float32Array[] {
  const parts = inputs.map((port) => {
    const names = inputs.length === 1 ? [...new Set([port.name, 'x'])] : [port.name];
    const array = arrays.find(({ name }) => names.includes(name));
    const shape = `[frames, ${port.shape.join(', ')}]`;
    if (array === undefined) {
      const has = arrays.map(({ name }) => name).join(', ') || 'none';
      throw new UsageError(`${path}: expected the array ${names.join(' or ')} ${shape}, but it has ${has}.`);
    }
    const [count = 0] = array.shape;
    if (count === 0 || count * port.length !== array.values.length) {
      throw new UsageError(
        `${path}: ${array.name} must have the shape ${shape}, but has [${array.shape.join(', ')}].`,
      );
    }
    return { ...port, array, count };
  });
  const [{ array: first, count }] = parts;
  const other = parts.find((part) => part.count !== count);
  if (other !== undefined) {
    throw new UsageError(
      `${path}: ${first.name} has ${count} frames, but ${other.array.name} has ${other.count}.`,
    );
  }
  const width = inputs.reduce((sum, { length }) => sum + length, 0);
  return Array.from({ length: count }, (_, index) => {
    const frame = new Float32Array(width);
    for (const { array, start, length } of parts) {
      for (let i = 0; i < length; i++) frame[start + i] = array.values[index * length + i];
    }
    return frame;
  });
}

function reportOf(found: QuantizedComparison, path: string, quantize: string, threshold: number): string {
  const { frames, outputs, largestDifference, largestAt, meanDifference, flips, bytes } = found;
  const [before, after] = [bytes.float32, bytes.quantized].map(formatBytes);
  const decisions =
    flips === undefined
      ? 'The outputs are not all between 0 and 1, so there are no decisions to compare.'
      : `${flips} of ${outputs} decisions at ${threshold} flip.`;
  return `${path} with ${quantize} weights: ${before} become ${after}.
${frames} frames, ${outputs} outputs: the largest difference is ${formatDifference(largestDifference)} (frame ${largestAt}), the mean ${formatDifference(meanDifference)}.
${decisions}`;
}
