import { basename } from 'node:path';
import { FormatError } from '@sluice/formats';
import { fromModel } from '@sluice/stream/model';
import { fromOnnx, type StreamNetwork } from '@sluice/stream/onnx';
import { readFile } from './read-file.js';
import { type Terminal, UsageError } from './terminal.js';

export interface NetworkFlags {
  /** `name=number` texts: sizes of free axes, and inputs that are the same for all frames. */
  readonly size?: readonly string[];
  readonly input?: readonly string[];
}

/** A network, and the places of its inputs in a frame. */
export type FileNetwork = Pick<StreamNetwork, 'network' | 'weights' | 'inputs'>;

/** Reads a network for streams. @throws UsageError for sizes or inputs that are missing, and for a model that no stream computes. */
export async function readNetwork(
  path: string,
  flags: NetworkFlags,
  terminal: Terminal,
): Promise<FileNetwork> {
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
export async function refusals<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
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
