/** The TensorFlow.js backends with Sluice's kernels: those that a package provides, and those that are registered now. */
import { packagedBackends } from '@sluice/core/backend';
import { describedBackends, RECURRENT, RECURRENT_GRADIENT } from '@sluice/tfjs';
import { getKernel } from '@tensorflow/tfjs-core';

/** The package that registers Sluice's kernels for a backend; undefined when there is none. */
export const packageFor = (backend: string): string | undefined =>
  packagedBackends.find(({ name }) => name === backend)?.package ?? describedBackends().get(backend)?.package;

/** Whether Sluice's kernels are registered for a TensorFlow.js backend. */
export function hasKernels(backend: string): boolean {
  return getKernel(RECURRENT, backend) != null && getKernel(RECURRENT_GRADIENT, backend) != null;
}

const warned = new Set<string>();

/** Warns, once for each backend, that a package with faster kernels exists and is not imported. */
export function warnOfMissingKernels(backend: string): void {
  const missing = packageFor(backend);
  if (missing === undefined || warned.has(backend)) return;
  warned.add(backend);
  console.warn(
    `Recurrent layers run many times slower than they could: TensorFlow.js's backend '${backend}' is in use, but Sluice's ` +
      `kernels for it are not registered. Import ${missing}.`,
  );
}
