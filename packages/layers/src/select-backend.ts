import { engine, getBackend, ready, setBackend } from '@tensorflow/tfjs-core';
import { hasKernels } from './recurrent-kernel.js';

export interface SelectBackendOptions {
  /** Names of TensorFlow.js backends, best first. Default: webgpu, wasm, cpu, then whatever else is registered. */
  candidates?: readonly string[];
}

export interface SelectedBackend {
  /** The backend that is now current. */
  backend: string;
  /** Whether it has Sluice's kernels; without them recurrent layers are made of TensorFlow.js operations. */
  kernels: boolean;
  /** Every better one, with why it is not used. */
  refused: { backend: string; reason: string }[];
}

const PREFERRED = ['webgpu', 'wasm', 'cpu'];

/** The backends that a package `@sluice/backend-…` registers together with Sluice's kernels. */
const OWN_PACKAGES = ['wasm', 'cpu'];

/** What the runtime must have for a backend, and how to say that it has not. */
const FEATURES: Readonly<Record<string, { present: () => boolean; missing: string }>> = {
  webgpu: {
    present: () => (globalThis.navigator as { gpu?: unknown } | undefined)?.gpu !== undefined,
    missing: 'this runtime has no WebGPU (navigator.gpu is undefined)',
  },
  wasm: {
    present: () => typeof WebAssembly === 'object',
    missing: 'this runtime has no WebAssembly',
  },
};

/**
 * Makes the best usable TensorFlow.js backend current and says why each better one is not used.
 *
 * A backend with Sluice's kernels comes before any without; on one without, recurrent layers are made of many
 * TensorFlow.js operations per time step: right, but slow.
 *
 * @throws Error with every reason when no candidate can be used.
 */
export async function selectBackend(options: SelectBackendOptions = {}): Promise<SelectedBackend> {
  const imported = engine().backendNames();
  const others = imported.filter((name) => !PREFERRED.includes(name));
  const candidates = options.candidates ?? [...PREFERRED, ...others];
  const refused: SelectedBackend['refused'] = [];
  const withoutKernels: string[] = [];
  for (const backend of candidates) {
    const obstacle = missingPart(backend, imported);
    if (obstacle === undefined && !hasKernels(backend)) {
      withoutKernels.push(backend);
      refused.push({ backend, reason: kernelsMissing(backend) });
      continue;
    }
    const reason = obstacle ?? (await startFailure(backend));
    if (reason === undefined) return { backend, kernels: true, refused };
    refused.push({ backend, reason });
  }
  for (const backend of withoutKernels) {
    const reason = await startFailure(backend);
    if (reason === undefined) {
      return { backend, kernels: false, refused: refused.filter((entry) => entry.backend !== backend) };
    }
    const entry = refused.find((one) => one.backend === backend);
    if (entry) entry.reason += `, and ${reason}`;
  }
  const reasons = refused.map(({ backend, reason }) => `\n  ${backend}: ${reason}`).join('');
  throw new Error(`selectBackend: none of the candidates can be used.${reasons}`);
}

function missingPart(backend: string, imported: readonly string[]): string | undefined {
  const feature = FEATURES[backend];
  if (feature && !feature.present()) return feature.missing;
  if (imported.includes(backend)) return undefined;
  const own = OWN_PACKAGES.includes(backend) ? `@sluice/backend-${backend}` : 'the package that registers it';
  return `not imported; import ${own}`;
}

function kernelsMissing(backend: string): string {
  const own = OWN_PACKAGES.includes(backend) ? `; import @sluice/backend-${backend}` : '';
  return `Sluice's kernels are not registered for it${own}`;
}

/** Makes the backend current; the reason when that fails. */
async function startFailure(backend: string): Promise<string | undefined> {
  try {
    const set = await setBackend(backend);
    if (!set) return 'TensorFlow.js could not initialise it (its console warning says why)';
    await ready();
    return getBackend() === backend ? undefined : `it did not become current ('${getBackend()}' is)`;
  } catch (error) {
    return `initialising it failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}
