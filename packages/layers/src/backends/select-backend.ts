import { packagedBackends } from '@sluice/core/backend';
import { type BackendDescription, describedBackends } from '@sluice/tfjs';
import { engine, getBackend, ready, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';
import { checkOptions } from '../checks.js';
import { hasKernels, packageFor } from './registered-kernels.js';
import { examineGPU, type GPUFindings, hasWebGPU } from './webgpu-adapter.js';

export interface SelectBackendOptions {
  /**
   * Names of TensorFlow.js backends, best first. Default: webgpu, wasm, cpu, then the other registered backends; a backend
   * may take another place, with `describeBackend` of `@sluice/tfjs`.
   */
  candidates?: readonly string[];
  /**
   * How long a backend may take to start, in ms, before the next one is tried. Default: 15,000. A start may never end, for
   * example when the Content-Security-Policy of an isolated page blocks the workers of TensorFlow.js's wasm backend.
   */
  timeout?: number;
}

/** The names of `SelectBackendOptions`; the compiler checks that they are complete. */
const SELECT_OPTIONS = Object.keys({
  candidates: true,
  timeout: true,
} satisfies Record<keyof SelectBackendOptions, true>);

const DEFAULT_TIMEOUT_MS = 15_000;

export interface SelectedBackend {
  /** The backend that is now current. */
  backend: string;
  /** Whether it has Sluice's kernels. Without them recurrent layers use TensorFlow.js operations. */
  kernels: boolean;
  /** The better backends that are not used, each with the reason. */
  refused: { backend: string; reason: string }[];
}

/** The features that a backend needs in the runtime, and the reason to give when it is missing. */
const FEATURES: Readonly<Record<string, { isPresent: () => boolean; missing: string }>> = {
  webgpu: { isPresent: hasWebGPU, missing: 'this runtime has no WebGPU (navigator.gpu is undefined)' },
  wasm: {
    isPresent: () => typeof WebAssembly === 'object',
    missing: 'this runtime has no WebAssembly',
  },
};

/** A backend with the reasons against it. */
interface Candidate {
  readonly backend: string;
  /** Why it cannot be used. */
  readonly obstacle?: string;
  /** Why backends with kernels come first. */
  readonly kernelsMissing?: string;
  /** Why it is slow, so that wasm comes first. */
  readonly drawback?: string;
}

/**
 * Makes the best usable TensorFlow.js backend current and returns why each better one is not used.
 *
 * Backends with Sluice's kernels come before those without, on which recurrent layers run many TensorFlow.js operations per
 * time step: correct, but slow. WebGPU comes after wasm when its adapter is a software adapter, and is not used when its
 * device is lost. The package of another backend can describe both cases with `describeBackend` of `@sluice/tfjs`. A backend that does not start within `timeout` is given up: if it starts later, it does not become
 * current, and it can be tried again.
 *
 * @throws RangeError when `timeout` is not a number above 0 or an option is unknown, Error with every reason when no
 *   candidate can be used.
 */
export async function selectBackend(options: SelectBackendOptions = {}): Promise<SelectedBackend> {
  checkOptions('selectBackend', options, SELECT_OPTIONS, "selectBackend({ candidates: ['wasm', 'cpu'] })");
  const { timeout = DEFAULT_TIMEOUT_MS } = options;
  if (!(timeout > 0)) {
    throw new RangeError(
      `selectBackend: timeout must be a number of milliseconds above 0, but is ${timeout}.`,
    );
  }
  const registered = engine().backendNames();
  const names = options.candidates ?? defaultCandidates(registered);
  const candidates = await Promise.all(names.map((name) => examineCandidate(name, registered, timeout)));
  const failures = new Map<Candidate, string>();
  const reasonsFor = (refused: readonly Candidate[]) =>
    refused.map((candidate) => ({
      backend: candidate.backend,
      reason: joinReasons(candidate, failures.get(candidate)),
    }));
  for (const candidate of rankCandidates(candidates)) {
    const failure = candidate.obstacle ?? (await tryToStart(candidate.backend, timeout));
    if (failure === undefined) {
      const better = candidates.slice(0, candidates.indexOf(candidate));
      const refused = candidates.filter((other) => failures.has(other) || better.includes(other));
      const { backend, kernelsMissing } = candidate;
      return { backend, kernels: kernelsMissing === undefined, refused: reasonsFor(refused) };
    }
    failures.set(candidate, failure);
  }
  const all = reasonsFor(candidates).map(({ backend, reason }) => `\n  ${backend}: ${reason}`);
  throw new Error(`selectBackend: none of the candidates can be used.${all.join('')}`);
}

async function examineCandidate(
  backend: string,
  registered: readonly string[],
  timeout: number,
): Promise<Candidate> {
  const missing = findMissingPart(backend, registered);
  if (missing !== undefined) return { backend, obstacle: missing };
  const kernelsMissing = hasKernels(backend) ? undefined : describeMissingKernels(backend);
  const examined = backend === 'webgpu' ? examineGPU() : examineDescribed(describedBackends().get(backend));
  const { obstacle, drawback } = await withTimeout(timeout, examined, () => ({
    obstacle: `${backend === 'webgpu' ? 'asking WebGPU for an adapter' : 'examining it'} ${describeTimeout(timeout)}`,
  }));
  return { backend, obstacle, kernelsMissing, drawback };
}

/** The packaged backends, then the other registered ones, and the described ones at their places. */
function defaultCandidates(registered: readonly string[]): string[] {
  const names: string[] = packagedBackends.map(({ name }) => name);
  for (const name of registered) {
    if (!names.includes(name) && !describedBackends().has(name)) names.push(name);
  }
  for (const [name, { before }] of describedBackends()) {
    if (names.includes(name)) continue;
    const place = before === undefined ? -1 : names.indexOf(before);
    names.splice(place < 0 ? names.length : place, 0, name);
  }
  return names;
}

async function examineDescribed(description: BackendDescription | undefined): Promise<GPUFindings> {
  try {
    return { obstacle: await description?.obstacle?.(), drawback: await description?.drawback?.() };
  } catch (error) {
    return { obstacle: `examining it failed: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** The candidates in the order in which to try them. */
function rankCandidates(candidates: readonly Candidate[]): Candidate[] {
  const wasm = candidates.findIndex(({ backend }) => backend === 'wasm');
  const isSlow = ({ drawback }: Candidate) => drawback !== undefined;
  const better = candidates.slice(0, wasm + 1);
  const order = [
    ...better.filter((one) => !isSlow(one)),
    ...better.filter(isSlow),
    ...candidates.slice(wasm + 1),
  ];
  const rank = ({ kernelsMissing }: Candidate) => (kernelsMissing === undefined ? 0 : 1);
  return order.sort((a, b) => rank(a) - rank(b));
}

function joinReasons({ kernelsMissing, drawback }: Candidate, failure: string | undefined): string {
  return [kernelsMissing, drawback, failure].filter(Boolean).join(', and ');
}

function findMissingPart(backend: string, registered: readonly string[]): string | undefined {
  const feature = FEATURES[backend];
  if (feature && !feature.isPresent()) return feature.missing;
  if (registered.includes(backend)) return undefined;
  return `not imported; import ${packageFor(backend) ?? 'the package that registers it'}`;
}

function describeMissingKernels(backend: string): string {
  const name = packageFor(backend);
  return `Sluice's kernels are not registered for it${name ? `; import ${name}` : ''}`;
}

const describeTimeout = (timeout: number) =>
  `took longer than ${timeout / 1000} s (see selectBackend's timeout)`;

const WASM_TIMEOUT_ADVICE =
  "; in a cross-origin isolated page TensorFlow.js's threads need a bundle that is not minified, and blob: in the script-src " +
  "and worker-src of its Content-Security-Policy; or turn them off with tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)";

/** Makes the backend current; returns the reason when that fails. */
function tryToStart(backend: string, timeout: number): Promise<string | undefined> {
  return withTimeout(timeout, startBackend(backend), () => {
    abandonStart(backend);
    return `initialising it ${describeTimeout(timeout)}${backend === 'wasm' ? WASM_TIMEOUT_ADVICE : ''}`;
  });
}

async function startBackend(backend: string): Promise<string | undefined> {
  try {
    const isSet = await setBackend(backend);
    if (!isSet) return 'TensorFlow.js could not initialise it (its console warning says why)';
    await ready();
    return getBackend() === backend ? undefined : `it did not become current ('${getBackend()}' is)`;
  } catch (error) {
    return `initialising it failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Keeps a backend that starts late from becoming current; it stays registered. */
function abandonStart(backend: string): void {
  const { factory, priority } = engine().registryFactory[backend];
  removeBackend(backend);
  registerBackend(backend, factory, priority);
}

/** The result of a promise, or of `onTimeout` when the promise has not settled in time. */
async function withTimeout<Result>(
  milliseconds: number,
  promise: Promise<Result>,
  onTimeout: () => Result,
): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<Result>((resolve) => {
    timer = setTimeout(() => resolve(onTimeout()), milliseconds);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
