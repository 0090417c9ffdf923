import { PassThrough, Readable } from 'node:stream';
import { run } from '../src/program.js';

/** What a command printed and how it ended. */
export interface CommandResult {
  status: number;
  output: string;
  error: string;
}

/** Runs the command in this process, without a terminal. */
export async function command(
  args: readonly string[],
  input: string | Uint8Array = '',
): Promise<CommandResult> {
  const output = new PassThrough();
  const error = new PassThrough();
  const status = await run(args, { input: Readable.from([Buffer.from(input)]), output, error });
  const text = (stream: PassThrough) => (stream.read() ?? Buffer.alloc(0)).toString();
  return { status, output: text(output), error: text(error) };
}

/** Options for a model that trains in a moment. */
export const small = [
  ...['--units', '6', '--embedding', '5', '--layers', '1', '--length', '8', '--batch', '8'],
  ...['--learning-rate', '0.02', '--epochs', '3', '--seed', '5'],
];

/** The objects of what --json prints, one on each line. */
export const objects = (output: string) =>
  output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
