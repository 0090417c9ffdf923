/** A module with a function that returns a v128: it is valid only with SIMD. */
const SIMD = new Uint8Array([
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 22, 1, 20, 0, 253, 12],
  ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11],
]);

/** A module with `f32x4.relaxed_madd`: it is valid only with relaxed SIMD. */
const RELAXED_SIMD = new Uint8Array([
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0],
  ...[32, 0, 32, 1, 32, 2, 253, 133, 2, 11],
]);

/** An empty module. */
const EMPTY = SIMD.slice(0, 8);

/** @throws Error when the runtime has no WebAssembly, has none with SIMD, or may not compile it. */
export function requireSimd(): void {
  if (typeof WebAssembly !== 'object') {
    throw new Error('This runtime has no WebAssembly; use @sluice/backend-cpu.');
  }
  if (!WebAssembly.validate(SIMD)) {
    throw new Error(
      'This runtime has WebAssembly without SIMD (Chrome 91, Firefox 89, Safari 16.4, Node 16.4 or newer have it); ' +
        'use @sluice/backend-cpu.',
    );
  }
  try {
    new WebAssembly.Module(EMPTY);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      'This runtime may not compile WebAssembly. In a page with a Content-Security-Policy add ' +
        "'wasm-unsafe-eval' to its script-src, or use @sluice/backend-cpu (without TensorFlow.js: " +
        `createCpuBackend of @sluice/backend-cpu/engine), which needs none. (${reason})`,
      { cause: error },
    );
  }
}

/**
 * Whether the runtime has relaxed SIMD, with one instruction for a product and a sum: Chrome 114, Firefox 145, Node 21,
 * and Node 20 with the flag --experimental-wasm-relaxed-simd.
 */
export const hasRelaxedSimd = (): boolean => WebAssembly.validate(RELAXED_SIMD);

/** Whether threads can share a memory. A module declares which of the two kinds it imports. */
export function isShared({ buffer }: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer === 'function' && (buffer as ArrayBufferLike) instanceof SharedArrayBuffer;
}
