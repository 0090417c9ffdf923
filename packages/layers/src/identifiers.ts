import { serialization } from '@tensorflow/tfjs-core';
import { constraints, initializers, regularizers } from '@tensorflow/tfjs-layers';
import { Orthogonal } from './orthogonal.js';

export type Initializer = ReturnType<typeof initializers.ones>;
export type Regularizer = ReturnType<typeof regularizers.l2>;
export type Constraint = ReturnType<typeof constraints.nonNeg>;

/** How Keras arguments name an object: by name (`'glorotUniform'`), as an instance, or as a saved configuration. */
export type Identifier<T> = string | T | SavedObject;

/** An object as it is saved: the name of its class and what its constructor takes. */
export interface SavedObject {
  className: string;
  config: serialization.ConfigDict;
}

type Factory<T> = (options?: serialization.ConfigDict) => T;

/**
 * The initializer that an identifier names.
 * @param seed used where the identifier is a name or a configuration without one.
 * @throws RangeError listing the known names.
 */
export function initializerFrom(identifier: Identifier<Initializer>, seed?: number): Initializer {
  const factories = { ...initializers, orthogonal: (options = {}) => new Orthogonal(options) };
  const options: serialization.ConfigDict = seed === undefined ? {} : { seed };
  if (isSaved(identifier)) {
    const className = identifier.className === 'Orthogonal' ? Orthogonal.className : identifier.className;
    return fromSaved({ className, config: { ...options, ...identifier.config } }) as Initializer;
  }
  return resolved(
    'initializer',
    factories as unknown as Record<string, Factory<Initializer>>,
    identifier,
    options,
  );
}

/**
 * The regularizer that an identifier names; null when there is none.
 * @throws RangeError listing the known names.
 */
export function regularizerFrom(identifier: Identifier<Regularizer> | null | undefined): Regularizer | null {
  if (identifier == null) return null;
  return resolved(
    'regularizer',
    regularizers as unknown as Record<string, Factory<Regularizer>>,
    identifier,
    {},
  );
}

/**
 * The constraint that an identifier names; null when there is none.
 * @throws RangeError listing the known names.
 */
export function constraintFrom(identifier: Identifier<Constraint> | null | undefined): Constraint | null {
  if (identifier == null) return null;
  return resolved(
    'constraint',
    constraints as unknown as Record<string, Factory<Constraint>>,
    identifier,
    {},
  );
}

function resolved<T extends serialization.Serializable>(
  kind: string,
  factories: Record<string, Factory<T>>,
  identifier: Identifier<T>,
  options: serialization.ConfigDict,
): T {
  if (typeof identifier === 'object') {
    return 'className' in identifier && 'config' in identifier
      ? (fromSaved(identifier) as T)
      : (identifier as T);
  }
  const factory = factories[identifier];
  if (typeof factory === 'function') return factory(options);
  const known = Object.keys(factories).filter((name) => typeof factories[name] === 'function');
  throw new RangeError(`Unknown ${kind} '${identifier}'. Known: ${known.join(', ')}.`);
}

function isSaved(identifier: unknown): identifier is SavedObject {
  return (
    typeof identifier === 'object' &&
    identifier !== null &&
    'className' in identifier &&
    'config' in identifier
  );
}

/** The object of a registered class (a layer, an initializer, an optimizer …) that was saved so. */
export function fromSaved({ className, config }: SavedObject): serialization.Serializable {
  const entry = serialization.SerializationMap.getMap().classNameMap[className];
  if (entry === undefined) {
    throw new RangeError(
      `No class '${className}' is registered; import the package that defines it before loading.`,
    );
  }
  const [cls, fromConfig] = entry;
  return fromConfig(cls, config);
}

/** The saved form of an object of a registered class; null for none. */
export function savedForm(object: serialization.Serializable | null): SavedObject | null {
  return object === null ? null : { className: object.getClassName(), config: object.getConfig() };
}
