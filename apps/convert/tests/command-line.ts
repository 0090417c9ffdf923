import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { onTestFinished } from 'vitest';
import { zip } from '../../../packages/formats/src/bytes/zip.js';
import { run } from '../src/program.js';

/** Runs the command in this process. */
export async function sluice(...args: string[]): Promise<{ status: number; output: string; error: string }> {
  const output = new PassThrough();
  const error = new PassThrough();
  const status = await run(args, { output, error, signal: new AbortController().signal });
  const text = (stream: PassThrough) => (stream.read() ?? Buffer.alloc(0)).toString();
  return { status, output: text(output), error: text(error) };
}

/** A folder that is removed after the test. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-convert-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a `.npz` of float32 arrays. */
export function writeArrays(
  path: string,
  arrays: Readonly<Record<string, { readonly shape: readonly number[]; readonly values: ArrayLike<number> }>>,
): void {
  const files = Object.entries(arrays).map(([name, { shape, values }]) => {
    const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
    const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${sizes}), }`.padEnd(117).concat('\n');
    const head = [0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0, ...Buffer.from(header)];
    const numbers = new Uint8Array(Float32Array.from(values).buffer);
    return [`${name}.npy`, new Uint8Array(Buffer.concat([Uint8Array.from(head), numbers]))] as const;
  });
  writeFileSync(path, zip(new Map(files)));
}
