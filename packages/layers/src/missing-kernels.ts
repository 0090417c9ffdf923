/** TensorFlow.js's backends for which a package `@sluice/backend-…` has kernels. */
const WITH_PACKAGE = ['cpu', 'wasm', 'webgpu'];

const warned = new Set<string>();

/** Warns, once for each backend, that recurrent layers run on TensorFlow.js's operations although there are kernels. */
export function warnOfMissingKernels(backend: string): void {
  if (!WITH_PACKAGE.includes(backend) || warned.has(backend)) return;
  warned.add(backend);
  console.warn(
    `Recurrent layers run many times slower than they could: TensorFlow.js's backend '${backend}' is in use, but Sluice's ` +
      `kernels for it are not there: import @sluice/backend-${backend}.`,
  );
}
