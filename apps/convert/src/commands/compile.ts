import { basename, extname, join } from 'node:path';
import { compileStream, type Quantize } from '@sluice/stream';
import { writeStreamModule } from '@sluice/stream/compile';
import { type NetworkFlags, readNetwork, refusals } from '../read-network.js';
import { formatBytes, type Terminal, UsageError } from '../terminal.js';
import { writeFiles } from '../write-files.js';

export interface CompileFlags extends NetworkFlags {
  /** The folder. */
  readonly out: string;
  readonly name?: string;
  readonly weights?: 'inside' | 'beside';
  readonly quantize?: Quantize;
  readonly iife?: boolean;
  readonly force?: boolean;
}

/** Writes a network as a WebAssembly module and a program that runs it. @returns the exit status. */
export async function compile(path: string, flags: CompileFlags, terminal: Terminal): Promise<number> {
  const name = flags.name ?? identifierOf(path);
  if (!/^[A-Za-z_$][\w$]*$/.test(name)) {
    throw new UsageError(`--name ${name}: it must be an identifier of JavaScript, such as vad.`);
  }
  const { network, weights: numbers } = await readNetwork(path, flags, terminal);
  const { quantize, weights: place, iife } = flags;
  const model = await refusals(path, async () => compileStream(network, numbers, { quantize }));
  const written = writeStreamModule(model, { name, weights: place, format: iife ? 'iife' : 'esm' });
  const { wasm, js, dts, weights } = written;
  const files = new Map<string, Uint8Array | string>([
    [join(flags.out, `${name}.js`), js],
    [join(flags.out, `${name}.d.ts`), dts],
    [join(flags.out, `${name}.wasm`), wasm],
  ]);
  if (weights !== undefined) files.set(join(flags.out, `${name}.weights`), weights);
  await writeFiles(flags.out, files, flags.force ?? false);
  const { input, output } = model.layout;
  const list = [...files].map(([file, contents]) => `${file} (${formatBytes(contents.length)})`);
  terminal.output.write(`${list.join(', ')}\n`);
  terminal.output.write(`A frame has ${input.length} numbers, a result ${output.length}.\n`);
  return 0;
}

/** A file's name as a name for JavaScript. */
const identifierOf = (path: string): string =>
  basename(path, extname(path))
    .replace(/[^\w$]/g, '_')
    .replace(/^(?=\d)/, '_');
