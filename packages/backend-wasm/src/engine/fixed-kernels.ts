import { hasRelaxedSimd, isShared, requireSimd } from './features.js';

/** The operands of a product: the first arguments of the kernel `multiply`. The right-hand side is packed. */
export type ProductArguments = [
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
];

/** The functions of `kernels.wasm`, described in assembly/. Addresses and strides are in bytes, lengths in numbers. */
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
    ...operands: [
      ...product: ProductArguments,
      firstPanel: number,
      endPanel: number,
      accumulate: boolean,
      scratch: number,
    ]
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
  runRows(
    operation: number,
    from: number,
    fromStride: number,
    to: number,
    toStride: number,
    rows: number,
    width: number,
    parts: number,
  ): void;
  gatherRows(table: number, ids: number, result: number, count: number, rows: number, length: number): number;
  makeOrthonormal(
    rows: number,
    first: number,
    end: number,
    count: number,
    length: number,
    sums: number,
  ): void;
  keepNaN(from: number, to: number, length: number): void;
  segmentSum(rows: number, ids: number, sums: number, count: number, segments: number, length: number): void;
}

/** Selects one of the four binaries. */
export interface Variant {
  readonly shared: boolean;
  readonly relaxedSimd: boolean;
}

/** Kernels on a memory. */
export interface LoadedKernels {
  readonly fixed: FixedKernels;
  readonly variant: Variant;
  /** The module, with which a worker instantiates the same kernels on the same memory. */
  readonly module: WebAssembly.Module;
}

/**
 * Loads the kernels of the package and instantiates them on a memory. Each file is loaded and compiled once.
 *
 * @param relaxedSimd whether to use relaxed SIMD. Default: whether the runtime has it.
 * @throws Error when the runtime has no WebAssembly or no SIMD, has no relaxed SIMD although `relaxedSimd` is true, or when
 * the file cannot be loaded.
 */
export async function loadKernels(
  memory: WebAssembly.Memory,
  relaxedSimd?: boolean | undefined,
): Promise<LoadedKernels> {
  await requireSimd();
  if (relaxedSimd && !hasRelaxedSimd()) {
    throw new Error(
      'This runtime has no relaxed SIMD (Chrome 114 and Node 21 have it); leave `relaxedSimd` out.',
    );
  }
  const variant = { shared: isShared(memory), relaxedSimd: relaxedSimd ?? hasRelaxedSimd() };
  const module = await compile(variant);
  return { fixed: instantiate(module, memory), variant, module };
}

/** Instantiates the kernels on a memory. */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): FixedKernels {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return exports as unknown as FixedKernels;
}

const modules = new Map<string, Promise<WebAssembly.Module>>();

function compile(variant: Variant): Promise<WebAssembly.Module> {
  const url = urlOf(variant);
  const module = modules.get(url.href) ?? load(url);
  modules.set(url.href, module);
  // Forgets a failure: the next call may find the file.
  module.catch(() => modules.delete(url.href));
  return module;
}

/** Paths that are right from src/engine and from dist/engine. Bundlers find the files in whole paths only. */
function urlOf({ shared, relaxedSimd }: Variant): URL {
  if (shared) {
    return relaxedSimd
      ? new URL('../../dist/kernels-shared-relaxed.wasm', import.meta.url)
      : new URL('../../dist/kernels-shared.wasm', import.meta.url);
  }
  return relaxedSimd
    ? new URL('../../dist/kernels-relaxed.wasm', import.meta.url)
    : new URL('../../dist/kernels.wasm', import.meta.url);
}

async function load(url: URL): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(await read(url));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The kernels of @sluice/backend-wasm could not be loaded from ${url}: ${reason}`, {
      cause: error,
    });
  }
}

/**
 * The part of Node's `process` that this file uses. A look-up at run time leaves no import to a bundler for browsers.
 */
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
