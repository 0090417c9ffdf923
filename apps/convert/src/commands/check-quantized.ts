import { type FileTensor, readArrays } from '@sluice/formats';
import { compareQuantized, type QuantizedComparison } from '@sluice/stream';
import type { ModelPort } from '@sluice/stream/onnx';
import { type NetworkFlags, readNetwork, refusals } from '../read-network.js';
import { formatBytes, formatDifference, type Terminal, UsageError } from '../terminal.js';

export interface QuantizedFlags extends NetworkFlags {
  readonly quantize: 'float16' | 'int8';
  readonly data: string;
  readonly threshold?: number;
  readonly tolerance?: number;
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
  const model = await readNetwork(path, flags, terminal);
  const frames = framesOf(await readArrays(data), model.inputs, data);
  terminal.signal.throwIfAborted();
  const found = await refusals(path, () =>
    compareQuantized(model.network, model.weights, frames, { quantize, threshold }),
  );
  terminal.output.write(`${reportOf(found, path, quantize, threshold)}\n`);
  return found.largestDifference <= tolerance ? 0 : 1;
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
