/** The functions of `kernels.wasm`: addresses and strides in bytes, lengths in numbers. Described in assembly/. */
export interface FixedKernels {
  scratchBytes(): number;
  pack(
    source: number,
    rowStride: number,
    columnStride: number,
    depth: number,
    columns: number,
    to: number,
  ): void;
  multiply(
    left: number,
    leftRowStride: number,
    leftColumnStride: number,
    right: number,
    result: number,
    resultRowStride: number,
    resultColumnStride: number,
    rows: number,
    depth: number,
    columns: number,
    accumulate: boolean,
    scratch: number,
  ): void;
  multiplyUnpacked(
    left: number,
    leftRowStride: number,
    leftColumnStride: number,
    right: number,
    rightRowStride: number,
    result: number,
    resultRowStride: number,
    rows: number,
    depth: number,
    columns: number,
    accumulate: boolean,
    scratch: number,
  ): void;
  clear(to: number, length: number): void;
  copyRows(
    from: number,
    fromStride: number,
    to: number,
    toStride: number,
    rows: number,
    length: number,
  ): void;
  addRow(from: number, to: number, length: number): void;
  gatherRows(table: number, ids: number, result: number, count: number, rows: number, length: number): number;
  segmentSum(rows: number, ids: number, sums: number, count: number, segments: number, length: number): void;
}

/** A function that returns v128 zeros: compiled only where there is SIMD. */
const SIMD_PROBE = new Uint8Array([
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 22, 1, 20, 0, 253, 12],
  ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11],
]);

/**
 * Loads and compiles the kernels that ship with the package for a memory, once.
 * @throws Error when there is no WebAssembly or no SIMD, or when the file cannot be loaded.
 */
export function compileFixedKernels(memory: WebAssembly.Memory): Promise<WebAssembly.Module> {
  const name = isShared(memory) ? 'kernels-shared' : 'kernels';
  compiled[name] ??= load(name).catch((error: unknown) => {
    delete compiled[name];
    throw error;
  });
  return compiled[name];
}

const compiled: Record<string, Promise<WebAssembly.Module>> = {};

/** The format of modules tells memories that threads share from others. */
export function isShared({ buffer }: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer === 'function' && (buffer as ArrayBufferLike) instanceof SharedArrayBuffer;
}

/** Puts the kernels on a memory. */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): FixedKernels {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return exports as unknown as FixedKernels;
}

async function load(name: string): Promise<WebAssembly.Module> {
  if (typeof WebAssembly !== 'object') {
    throw new Error('This runtime has no WebAssembly; use @sluice/backend-cpu.');
  }
  if (!WebAssembly.validate(SIMD_PROBE)) {
    throw new Error(
      'This runtime has WebAssembly without SIMD (Chrome 91, Firefox 89, Safari 16.4, Node 16.4 or newer have it); ' +
        'use @sluice/backend-cpu.',
    );
  }
  // The paths are the same from src/engine and from dist/engine, and whole, so that bundlers find the files.
  const url =
    name === 'kernels'
      ? new URL('../../dist/kernels.wasm', import.meta.url)
      : new URL('../../dist/kernels-shared.wasm', import.meta.url);
  try {
    return await WebAssembly.compile(await read(url));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The kernels of @sluice/backend-wasm could not be loaded from ${url}: ${reason}`, {
      cause: error,
    });
  }
}

/** What this file needs of Node, looked up where it exists so that bundlers for browsers find no import of it. */
interface NodeProcess {
  getBuiltinModule?(name: 'node:fs/promises'): { readFile(url: URL): Promise<Uint8Array<ArrayBuffer>> };
}

async function read(url: URL): Promise<BufferSource> {
  const { process } = globalThis as { process?: NodeProcess };
  if (url.protocol === 'file:' && process?.getBuiltinModule) {
    return process.getBuiltinModule('node:fs/promises').readFile(url);
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response.arrayBuffer();
}
