/**
 * The error for a runtime that cannot run the kernels. Most pages never load this file.
 *
 * @param hasSimd whether the runtime has WebAssembly with SIMD, so that it may not compile it.
 * @param cause the runtime's error.
 */
export function explainMissing(hasSimd: boolean, cause: unknown): Error {
  if (typeof WebAssembly !== 'object') {
    return new Error('This runtime has no WebAssembly; use @sluice/backend-cpu.');
  }
  if (!hasSimd) {
    return new Error(
      'This runtime has WebAssembly without SIMD (Chrome 91, Firefox 89, Safari 16.4, Node 16.4 or newer have it); ' +
        'use @sluice/backend-cpu.',
    );
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(
    'This runtime may not compile WebAssembly. In a page with a Content-Security-Policy add ' +
      "'wasm-unsafe-eval' to its script-src, or use @sluice/backend-cpu (without TensorFlow.js: " +
      `createCpuBackend of @sluice/backend-cpu/engine), which needs none. (${reason})`,
    { cause },
  );
}
