import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { type AssumedOptions, FormatError, type FormatName } from '@sluice/formats';
import { formatNames, formatOfPath, writeModel } from '@sluice/formats/write';
import { readFile } from '../read-file.js';
import { formatBytes, type Terminal, UsageError } from '../terminal.js';

export interface ConvertFlags {
  readonly to?: FormatName;
  readonly quantize?: 'float16' | 'int8';
  readonly force?: boolean;
  readonly assumed: AssumedOptions;
}

/** Writes a model in another format. @returns the exit status. */
export async function convert(
  input: string,
  output: string,
  flags: ConvertFlags,
  terminal: Terminal,
): Promise<number> {
  const format = flags.to ?? formatOfPath(output);
  if (format === undefined) {
    throw new UsageError(`${output}: its ending names no format. Give --to ${formatNames.join('|')}.`);
  }
  const model = await readFile(input, flags.assumed, terminal);
  const name = basename(output).replace(/\.[^.]*$/, '');
  const files = await writeModel(model, format, { name, quantize: flags.quantize }).catch((error) => {
    throw error instanceof FormatError ? new UsageError(`${input}: ${error.message}`) : error;
  });
  const [first] = files.keys();
  if (formatOfPath(output) !== undefined && extname(first) !== extname(output).toLowerCase()) {
    throw new UsageError(
      `${output}: a model in the format ${format} is written as ${first}. Give OUT the ending ${extname(first)}.`,
    );
  }
  const folder = dirname(output);
  const paths = [...files.keys()].map((file, i) =>
    i === 0 && flags.to === undefined ? output : join(folder, file),
  );
  const existing = paths.filter((path) => existsSync(path));
  const taken = existing.filter((path) => statSync(path).isDirectory());
  if (taken.length > 0)
    throw new UsageError(`${taken.join(', ')}: this is a folder. Give the path of a file.`);
  if (existing.length > 0 && !flags.force) {
    throw new UsageError(`${existing.join(', ')}: exists already. Add --force to replace it.`);
  }
  await mkdir(folder, { recursive: true }).catch((error: Error) => {
    throw new UsageError(`${folder}: this folder cannot be made (${error.message}).`);
  });
  // The file to open comes first, and is written last: it never names files that are not there.
  const contents = [...files.values()].map((bytes, i) => [paths[i], bytes] as const);
  for (const [path, bytes] of contents.reverse()) await replaceFile(path, bytes);
  for (const note of model.notes) terminal.error.write(`note: ${note}\n`);
  const list = [...files.values()].map((bytes, i) => `${paths[i]} (${formatBytes(bytes.length)})`);
  terminal.output.write(`${list.join(', ')}\n`);
  return 0;
}

/** Writes a file in one step. @throws UsageError when it cannot be written. */
async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const partial = `${path}.${randomBytes(4).toString('hex')}.partial`;
  try {
    await writeFile(partial, bytes);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw new UsageError(`${path}: cannot be written (${(error as Error).message}).`);
  }
}
