import { type BackendWasm, version_wasm } from '@tensorflow/tfjs-backend-wasm';
import type { Heap } from '../engine/heap.js';

/** The used parts of TensorFlow.js's compiled module that its declarations do not have. */
interface TfjsModule {
  readonly HEAPU8?: Uint8Array;
  readonly wasmMemory?: unknown;
  readonly asm?: { readonly memory?: unknown };
  _malloc?(bytes: number): number;
  _free?(address: number): void;
}

/** The versions whose internals were tested with the layers' suite. The package's peer range covers them. */
const KNOWN_VERSIONS = [17, 19, 20, 21, 22].map((minor) => `4.${minor}.0`);

const REMEDY =
  `Install @tensorflow/tfjs-core and @tensorflow/tfjs-backend-wasm ${KNOWN_VERSIONS[0]} to ${KNOWN_VERSIONS.at(-1)}, ` +
  'or use @sluice/backend-cpu with the backend cpu.';

/**
 * The memory in which TensorFlow.js's wasm backend keeps its tensors, and its allocator. Addresses stay valid when the
 * memory grows.
 *
 * @throws Error that says what to install when the version is not a known one or the memory cannot be reached.
 */
export function sharedHeap(backend: BackendWasm, version: string = version_wasm): Heap {
  if (!KNOWN_VERSIONS.includes(version)) {
    throw new Error(
      `@sluice/backend-wasm does not know @tensorflow/tfjs-backend-wasm ${version}: it works on its memory. ${REMEDY}`,
    );
  }
  const module = backend.wasm as unknown as TfjsModule;
  const memory = module.wasmMemory ?? module.asm?.memory;
  const { _free: free } = module;
  // The first call of the original function replaces it by another one.
  free?.(module._malloc?.(8) ?? 0);
  const { _malloc: malloc } = module;
  if (!(memory instanceof WebAssembly.Memory) || !malloc || !free) {
    throw new Error(
      '@sluice/backend-wasm cannot reach the memory of @tensorflow/tfjs-backend-wasm ' +
        `${version} (expected wasm.wasmMemory or wasm.asm.memory, wasm._malloc and wasm._free). ${REMEDY}`,
    );
  }
  return {
    memory,
    allocate: (bytes) => {
      const address = malloc(bytes) >>> 0;
      if (address === 0) throw new RangeError(noRoomFor(bytes, memory));
      return address;
    },
    release: (address) => free(address),
  };
}

/**
 * Makes TensorFlow.js's own kernels throw when its memory is full. Its allocator then returns the address 0, and TensorFlow.js
 * would write there and destroy other tensors.
 */
export function refuseFullMemory(backend: BackendWasm): void {
  const module = backend.wasm as unknown as TfjsModule;
  const { allocate } = sharedHeap(backend);
  module._malloc = allocate;
}

function noRoomFor(bytes: number, { buffer }: WebAssembly.Memory): string {
  const megabytes = (count: number) => `${(count / 2 ** 20).toFixed(1)} MB`;
  return (
    `TensorFlow.js's memory has ${megabytes(buffer.byteLength)}, of at most 4 GB, and no room for ${megabytes(bytes)} more: ` +
    'dispose tensors, or use a smaller batch.'
  );
}
