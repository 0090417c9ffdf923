/** TensorFlow.js's backends that a package `@sluice/backend-…` registers together with Sluice's kernels. */
const WITH_PACKAGE = ['cpu', 'wasm', 'webgpu'];

/** The package that has kernels for a backend; undefined where there is none. */
export const packageFor = (backend: string): string | undefined =>
  WITH_PACKAGE.includes(backend) ? `@sluice/backend-${backend}` : undefined;

const warned = new Set<string>();

/** Warns, once for each backend, that recurrent layers run on TensorFlow.js's operations although there are kernels. */
export function warnOfMissingKernels(backend: string): void {
  const missing = packageFor(backend);
  if (missing === undefined || warned.has(backend)) return;
  warned.add(backend);
  console.warn(
    `Recurrent layers run many times slower than they could: TensorFlow.js's backend '${backend}' is in use, but Sluice's ` +
      `kernels for it are not there: import ${missing}.`,
  );
}
