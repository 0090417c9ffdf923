/** Files on a disk: of Node, Deno or Bun. */
import { FormatError } from './format-error.js';

/** Reads the stream of a file whose size is known. */
type ReadStream = (stream: ReadableStream<Uint8Array>, size: number) => Promise<Uint8Array>;

/** The bytes that are read at once. */
const PIECE = 1 << 20;

/** @throws FormatError when there is no such file, or it is a folder, a pipe or a device. */
export async function readPath(
  files: typeof import('node:fs/promises'),
  path: string | URL,
  readStream: ReadStream,
): Promise<Uint8Array> {
  const fail = (error: NodeJS.ErrnoException): never => {
    const reason = error.code === 'ENOENT' ? 'there is no such file' : error.message;
    throw new FormatError(`${path}: ${reason}.`, { cause: error });
  };
  // A pipe would wait for a writer when it is opened, and a device may never end.
  const stats = await files.stat(path).catch(fail);
  if (stats.isDirectory()) throw new FormatError(`${path} is a folder; give the path of a file in it.`);
  if (!stats.isFile()) {
    throw new FormatError(`${path} is a pipe or a device; write its content to a file, and give its path.`);
  }
  const handle = await files.open(path).catch(fail);
  try {
    const stream = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const { bytesRead, buffer } = await handle.read(new Uint8Array(PIECE)).catch(fail);
        if (bytesRead > 0) controller.enqueue(buffer.subarray(0, bytesRead));
        else controller.close();
      },
    });
    return await readStream(stream, stats.size);
  } finally {
    await handle.close();
  }
}
