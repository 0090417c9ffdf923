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
export async function requireSimd(): Promise<void> {
  let hasSimd = false;
  let cause: unknown;
  try {
    hasSimd = WebAssembly.validate(SIMD);
    new WebAssembly.Module(EMPTY);
    if (hasSimd) return;
  } catch (error) {
    cause = error;
  }
  const { explainMissing } = await import('./missing-features.js');
  throw explainMissing(hasSimd, cause);
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

/** Threads can share memory in an isolated page, and always in Node. */
export function canShareMemory(): boolean {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  return typeof SharedArrayBuffer === 'function' && crossOriginIsolated !== false;
}
