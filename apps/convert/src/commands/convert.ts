import { basename, dirname, extname, join } from 'node:path';
import { type AssumedOptions, FormatError, type FormatName } from '@sluice/formats';
import { formatNames, formatOfPath, writeModel } from '@sluice/formats/write';
import { readFile } from '../read-file.js';
import { formatBytes, type Terminal, UsageError } from '../terminal.js';
import { writeFiles } from '../write-files.js';

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
  const contents = new Map([...files.values()].map((bytes, i) => [paths[i], bytes]));
  await writeFiles(folder, contents, flags.force ?? false);
  for (const note of model.notes) terminal.error.write(`note: ${note}\n`);
  const list = [...files.values()].map((bytes, i) => `${paths[i]} (${formatBytes(bytes.length)})`);
  terminal.output.write(`${list.join(', ')}\n`);
  return 0;
}
