import { engine, getBackend, ready, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';
import { checkOptions } from '../check-options.js';
import { hasKernels } from '../operation/device-kernel.js';
import { packageFor } from './registered-kernels.js';
import { within } from './time-limit.js';
import { examineGPU, type GPUFindings, hasWebGPU } from './webgpu-adapter.js';

export interface SelectBackendOptions {
  /** Names of TensorFlow.js backends, best first. Default: webgpu, wasm, cpu, then whatever else is registered. */
  candidates?: readonly string[];
  /**
   * How long a backend may take to start, in ms, before the next one is tried. Default: 15,000. It may take for ever: in an isolated
   * page whose Content-Security-Policy refuses the workers of TensorFlow.js's wasm backend, for instance.
   */
  timeout?: number;
}

/** Their names; the compiler compares them. */
const SELECT_OPTIONS = Object.keys({
  candidates: true,
  timeout: true,
} satisfies Record<keyof SelectBackendOptions, true>);

const TIMEOUT = 15_000;

export interface SelectedBackend {
  /** The backend that is now current. */
  backend: string;
  /** Whether it has Sluice's kernels; without them recurrent layers are made of TensorFlow.js operations. */
  kernels: boolean;
  /** Every better one, with why it is not used. */
  refused: { backend: string; reason: string }[];
}

const PREFERRED = ['webgpu', 'wasm', 'cpu'];

/** What the runtime must have for a backend, and how to say that it has not. */
const FEATURES: Readonly<Record<string, { present: () => boolean; missing: string }>> = {
  webgpu: { present: hasWebGPU, missing: 'this runtime has no WebGPU (navigator.gpu is undefined)' },
  wasm: {
    present: () => typeof WebAssembly === 'object',
    missing: 'this runtime has no WebAssembly',
  },
};

/** A backend and what speaks against it. */
interface Candidate {
  readonly backend: string;
  /** Why it cannot be used. */
  readonly obstacle?: string;
  /** Why others come first although it can be used. */
  readonly kernelsMissing?: string;
  readonly softwareGPU?: string;
}

/**
 * Makes the best usable TensorFlow.js backend current and says why each better one is not used.
 *
 * A backend with Sluice's kernels comes before any without; on one without, recurrent layers are made of many
 * TensorFlow.js operations per time step: right, but slow. WebGPU comes behind wasm where its adapter is no GPU but a
 * program on the processor, and is not used when its device is lost. One that does not start within `timeout` is given up:
 * should it start later, it does not become current, and it can be tried again.
 *
 * @throws RangeError when `timeout` is no number above 0 or an option is unknown, Error with every reason when no candidate can be used.
 */
export async function selectBackend(options: SelectBackendOptions = {}): Promise<SelectedBackend> {
  checkOptions('selectBackend', options, SELECT_OPTIONS, "selectBackend({ candidates: ['wasm', 'cpu'] })");
  const { timeout = TIMEOUT } = options;
  if (!(timeout > 0)) {
    throw new RangeError(
      `selectBackend: timeout must be a number of milliseconds above 0, but is ${timeout}.`,
    );
  }
  const imported = engine().backendNames();
  const others = imported.filter((name) => !PREFERRED.includes(name));
  const names = options.candidates ?? [...PREFERRED, ...others];
  const candidates = await Promise.all(names.map((name) => examine(name, imported, timeout)));
  const failures = new Map<Candidate, string>();
  const reasons = (refused: readonly Candidate[]) =>
    refused.map((each) => ({ backend: each.backend, reason: reasonOf(each, failures.get(each)) }));
  for (const candidate of ranked(candidates)) {
    const failure = candidate.obstacle ?? (await startFailure(candidate.backend, timeout));
    if (failure === undefined) {
      const before = candidates.slice(0, candidates.indexOf(candidate));
      const refused = candidates.filter((each) => failures.has(each) || before.includes(each));
      const { backend, kernelsMissing } = candidate;
      return { backend, kernels: kernelsMissing === undefined, refused: reasons(refused) };
    }
    failures.set(candidate, failure);
  }
  const all = reasons(candidates).map(({ backend, reason }) => `\n  ${backend}: ${reason}`);
  throw new Error(`selectBackend: none of the candidates can be used.${all.join('')}`);
}

async function examine(backend: string, imported: readonly string[], timeout: number): Promise<Candidate> {
  const missing = missingPart(backend, imported);
  if (missing !== undefined) return { backend, obstacle: missing };
  const kernelsMissing = hasKernels(backend) ? undefined : withoutKernels(backend);
  const examined: Promise<GPUFindings> = backend === 'webgpu' ? examineGPU() : Promise.resolve({});
  const { obstacle, drawback } = await within(timeout, examined, () => ({
    obstacle: `asking WebGPU for an adapter ${tookLonger(timeout)}`,
  }));
  return { backend, obstacle, kernelsMissing, softwareGPU: drawback };
}

/** In the order in which to try them. */
function ranked(candidates: readonly Candidate[]): Candidate[] {
  const order = [...candidates];
  const slow = order.findIndex(({ softwareGPU }) => softwareGPU !== undefined);
  const wasm = order.findIndex(({ backend }) => backend === 'wasm');
  if (slow >= 0 && slow < wasm) order.splice(wasm, 0, ...order.splice(slow, 1));
  const rank = ({ kernelsMissing }: Candidate) => (kernelsMissing === undefined ? 0 : 1);
  return order.sort((a, b) => rank(a) - rank(b));
}

function reasonOf({ kernelsMissing, softwareGPU }: Candidate, failure: string | undefined): string {
  return [kernelsMissing, softwareGPU, failure].filter(Boolean).join(', and ');
}

function missingPart(backend: string, imported: readonly string[]): string | undefined {
  const feature = FEATURES[backend];
  if (feature && !feature.present()) return feature.missing;
  if (imported.includes(backend)) return undefined;
  return `not imported; import ${packageFor(backend) ?? 'the package that registers it'}`;
}

function withoutKernels(backend: string): string {
  const own = packageFor(backend);
  return `Sluice's kernels are not registered for it${own ? `; import ${own}` : ''}`;
}

/** Makes the backend current; the reason when that fails. */
function startFailure(backend: string, timeout: number): Promise<string | undefined> {
  return within(timeout, started(backend), () => {
    forgetStart(backend);
    return `initialising it ${tookLonger(timeout)}${backend === 'wasm' ? LIKELY_FOR_WASM : ''}`;
  });
}

async function started(backend: string): Promise<string | undefined> {
  try {
    const set = await setBackend(backend);
    if (!set) return 'TensorFlow.js could not initialise it (its console warning says why)';
    await ready();
    return getBackend() === backend ? undefined : `it did not become current ('${getBackend()}' is)`;
  } catch (error) {
    return `initialising it failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

const tookLonger = (timeout: number) => `took longer than ${timeout / 1000} s (see selectBackend's timeout)`;

const LIKELY_FOR_WASM =
  "; in a cross-origin isolated page TensorFlow.js's threads need blob: in the script-src and worker-src of its " +
  "Content-Security-Policy, or tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)";

/** Keeps a backend that may still start from becoming current then; it stays registered. */
function forgetStart(backend: string): void {
  const { factory, priority } = engine().registryFactory[backend];
  removeBackend(backend);
  registerBackend(backend, factory, priority);
}
