/** How `selectBackend` of `@sluice/layers` treats a TensorFlow.js backend of another package. */
export interface BackendDescription {
  /** The package to import, for error messages. */
  readonly package?: string;
  /** The backend before which it is tried, such as `wasm`. Default: after webgpu, wasm and cpu. */
  readonly before?: string;
  /** Why it cannot be used in this runtime; undefined when it can. May ask the device. */
  readonly obstacle?: () => string | undefined | Promise<string | undefined>;
  /** Why it is slow in this runtime, such as a software adapter; wasm then comes first. Undefined when it is not. */
  readonly drawback?: () => string | undefined | Promise<string | undefined>;
}

/** The names of a description; the compiler checks that they are complete. */
const NAMES = Object.keys({
  package: true,
  before: true,
  obstacle: true,
  drawback: true,
} satisfies Record<keyof BackendDescription, true>);

const descriptions = new Map<string, BackendDescription>();

/**
 * Describes a backend that this module's package registers with TensorFlow.js, in place of an earlier description.
 *
 * @param name the name of the TensorFlow.js backend
 * @throws RangeError when the description has an unknown property.
 */
export function describeBackend(name: string, description: BackendDescription): void {
  const unknown = Object.keys(description).find((property) => !NAMES.includes(property));
  if (unknown !== undefined) {
    throw new RangeError(`describeBackend('${name}'): '${unknown}' is unknown. Known: ${NAMES.join(', ')}.`);
  }
  descriptions.set(name, description);
}

/** The described backends by name. */
export const describedBackends = (): ReadonlyMap<string, BackendDescription> => descriptions;
