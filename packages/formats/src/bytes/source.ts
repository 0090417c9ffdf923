/** Where the bytes of a file come from: a path (Node), a URL, a `File` of a browser, or bytes in memory. */
import { FormatError } from './format-error.js';
import { joinBytes } from './join.js';

/**
 * A path or URL, a `Blob` or `File`, the `File`s of a model in several files (`model.json` first), or the bytes.
 * A text that starts with `http:`, `https:`, `data:` or `blob:` is fetched; in Node any other text is a path.
 */
export type Source = string | URL | Blob | readonly File[] | ArrayBuffer | Uint8Array;

/** How reading goes on: bytes so far, and all bytes when their number is known. */
export type ReportProgress = (read: number, total: number | undefined) => void;

export interface SourceOptions {
  /** Called after every piece of a large file. */
  readonly onProgress?: ReportProgress;
  /** Stops the reading; it then fails with an AbortError. */
  readonly signal?: AbortSignal;
}

/** An opened source: its bytes, and the files beside it that it may name. */
export interface OpenedSource {
  /** The name for messages: the last part of a path or URL. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The bytes of a file that lies beside this one. @throws FormatError when there is none. */
  sibling(path: string): Promise<Uint8Array>;
}

/** @throws FormatError when the file is missing or cannot be fetched. */
export async function openSource(source: Source, options: SourceOptions = {}): Promise<OpenedSource> {
  options.signal?.throwIfAborted();
  if (source instanceof Uint8Array || source instanceof ArrayBuffer) {
    const bytes = source instanceof Uint8Array ? source : new Uint8Array(source);
    return { name: 'the bytes', bytes, sibling: (path) => Promise.reject(noSibling('the bytes', path)) };
  }
  if (source instanceof Blob) return openFiles([source as File], options);
  if (Array.isArray(source)) return openFiles(source as readonly File[], options);
  if (typeof source === 'string' || source instanceof URL) return openAddress(source, options);
  throw new TypeError(
    `Expected a path, a URL, a File or bytes, but was given ${source === null ? 'null' : typeof source}.`,
  );
}

const noSibling = (name: string, path: string): FormatError =>
  new FormatError(
    `${name}: the model's weights lie in another file, ${path}. Give a path or URL, or an array of all its Files.`,
  );

async function openFiles(files: readonly File[], options: SourceOptions): Promise<OpenedSource> {
  const [first] = files;
  if (!(first instanceof Blob)) throw new TypeError('Expected at least one File, but was given none.');
  const name = first.name ?? 'the Blob';
  return {
    name,
    bytes: await readPieces(first.stream(), first.size, options),
    sibling: async (path) => {
      const file = files.find((other) => other.name === path.split('/').at(-1));
      if (!file) throw noSibling(name, path);
      return readPieces(file.stream(), file.size, options);
    },
  };
}

/** The file system of Node, Deno or Bun, without an import that bundlers for browsers would follow. */
const fileSystem = (): typeof import('node:fs/promises') | undefined =>
  globalThis.process?.getBuiltinModule?.('node:fs/promises');

async function openAddress(address: string | URL, options: SourceOptions): Promise<OpenedSource> {
  const text = String(address);
  const isRemote = /^(https?|data|blob):/.test(text);
  const files = isRemote ? undefined : fileSystem();
  const read = files
    ? async (path: string | URL) => {
        const { readPath } = await import('./read-path.js');
        return readPath(files, path, (stream, size) => readPieces(stream, size, options));
      }
    : (url: string | URL) => fetchBytes(String(url), options);
  const local = text.startsWith('file:') ? new URL(text) : address;
  return {
    name: text.startsWith('data:') ? 'the data URL' : (text.split(/[?#]/)[0].split(/[\\/]/).at(-1) ?? text),
    bytes: await read(local),
    sibling: async (path) => {
      if (/^(data|blob):/.test(text)) throw noSibling(text.slice(0, 40), path);
      // Only names beside or below: a model's description must not reach into the rest of a disk.
      if (/^([\\/]|[a-z][a-z0-9+.-]*:)|(^|[\\/])\.\.([\\/]|$)/i.test(path)) {
        throw new FormatError(`${text}: it names the file ${path}, which is not in its own folder.`);
      }
      return read(besides(local, path));
    },
  };
}

/** The address of a file in the same folder. A query is kept: signed addresses need it. */
function besides(address: string | URL, path: string): string | URL {
  const text = String(address);
  if (address instanceof URL || /^https?:/.test(text)) {
    const url = new URL(path, text);
    url.search = new URL(text).search;
    return url;
  }
  return text.replace(/[^\\/]*$/, path);
}

async function fetchBytes(url: string, options: SourceOptions): Promise<Uint8Array> {
  const response = await fetch(url, { signal: options.signal }).catch((error: Error) => {
    if (error.name === 'AbortError') throw error;
    throw new FormatError(`${url} cannot be fetched: ${error.message}.`, { cause: error });
  });
  if (!response.ok || !response.body) {
    throw new FormatError(`${url} cannot be fetched: ${response.status} ${response.statusText}.`);
  }
  const length = Number(response.headers.get('content-length')) || undefined;
  return readPieces(response.body, length, options);
}

/** All bytes of a stream. */
async function readPieces(
  stream: ReadableStream<Uint8Array | ArrayBuffer>,
  total: number | undefined,
  { onProgress, signal }: SourceOptions,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    signal?.throwIfAborted();
    const piece = value instanceof Uint8Array ? value : new Uint8Array(value);
    pieces.push(piece);
    length += piece.length;
    onProgress?.(length, total);
  }
  return joinBytes(pieces);
}
