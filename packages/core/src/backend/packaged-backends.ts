/** A backend with a package of its own. */
export interface PackagedBackend {
  /** The name of the backend here and in TensorFlow.js. */
  readonly name: string;
  /** The npm package that registers its kernels; its engine is in the subpath `/engine`. */
  readonly package: string;
  /** TensorFlow.js's own package for the backend. */
  readonly tensorflowPackage: string;
  /**
   * The largest errors against the float64 reference, relative to max(1, |reference|), for sequences of up to 64 steps.
   */
  readonly tolerances: { readonly forward: number; readonly gradient: number };
}

/**
 * Sluice's backends, the fastest first. Layers try them in this order, the conformance suite has their tolerances, and the
 * benchmark and the tests take their names from here.
 */
export const packagedBackends = [
  {
    name: 'webgpu',
    package: '@sluice/backend-webgpu',
    tensorflowPackage: '@tensorflow/tfjs-backend-webgpu',
    tolerances: { forward: 1e-5, gradient: 1e-4 },
  },
  {
    name: 'wasm',
    package: '@sluice/backend-wasm',
    tensorflowPackage: '@tensorflow/tfjs-backend-wasm',
    tolerances: { forward: 2e-6, gradient: 2e-5 },
  },
  {
    name: 'cpu',
    package: '@sluice/backend-cpu',
    tensorflowPackage: '@tensorflow/tfjs-backend-cpu',
    tolerances: { forward: 2e-6, gradient: 2e-5 },
  },
] as const satisfies readonly PackagedBackend[];

export type PackagedBackendName = (typeof packagedBackends)[number]['name'];
