/** Files on a disk: of Node, Deno or Bun. */
import { FormatError } from './format-error.js';

/** Reads the stream of a file whose size is known. */
type ReadStream = (stream: ReadableStream<Uint8Array>, size: number) => Promise<Uint8Array>;

/** @throws FormatError when there is no such file. */
export async function readPath(
  files: typeof import('node:fs/promises'),
  path: string | URL,
  readStream: ReadStream,
): Promise<Uint8Array> {
  const handle = await files.open(path).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'ENOENT' ? 'there is no such file' : error.message;
    throw new FormatError(`${path}: ${reason}.`, { cause: error });
  });
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new FormatError(`${path} is a folder; give the path of a file in it.`);
    return await readStream(handle.readableWebStream() as ReadableStream<Uint8Array>, stats.size);
  } finally {
    await handle.close();
  }
}
