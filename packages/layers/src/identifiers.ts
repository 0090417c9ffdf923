import { serialization } from '@tensorflow/tfjs-core';
import { constraints, initializers, regularizers } from '@tensorflow/tfjs-layers';
import { Orthogonal } from './orthogonal.js';
import type { Constraint, Initializer, Regularizer } from './weight-rules.js';

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
  return resolved('initializer', factories, identifier, options);
}

/**
 * The regularizer that an identifier names; null when there is none.
 * @throws RangeError listing the known names.
 */
export function regularizerFrom(identifier: Identifier<Regularizer> | null | undefined): Regularizer | null {
  return identifier == null ? null : resolved('regularizer', regularizers, identifier);
}

/**
 * The constraint that an identifier names; null when there is none.
 * @throws RangeError listing the known names.
 */
export function constraintFrom(identifier: Identifier<Constraint> | null | undefined): Constraint | null {
  return identifier == null ? null : resolved('constraint', constraints, identifier);
}

function resolved<T extends serialization.Serializable>(
  kind: string,
  namespace: object,
  identifier: Identifier<T>,
  options: serialization.ConfigDict = {},
): T {
  if (typeof identifier === 'object') {
    return isSaved(identifier) ? (fromSaved(identifier) as T) : identifier;
  }
  const factories = namespace as Record<string, Factory<T>>;
  const factory = factories[identifier];
  if (typeof factory === 'function') return factory(options);
  const known = Object.keys(factories).filter((name) => typeof factories[name] === 'function');
  throw new RangeError(`Unknown ${kind} '${identifier}'. Known: ${known.join(', ')}.`);
}

function isSaved(identifier: object | string): identifier is SavedObject {
  return typeof identifier === 'object' && 'className' in identifier && 'config' in identifier;
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
