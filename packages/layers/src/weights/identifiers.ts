/** Initializers, regularizers and constraints by name, as objects or in saved form; saved objects of any class. */
import { serialization } from '@tensorflow/tfjs-core';
import { constraints, initializers, regularizers } from '@tensorflow/tfjs-layers';
import { formatValue, normalizeName, suggestName } from '../checks.js';
import type { Constraint, Initializer, Regularizer } from './layer-weights.js';
import { Orthogonal } from './orthogonal.js';

/** How Keras's arguments identify an object: a name (`'glorotUniform'`), the object itself, or its saved form. */
export type Identifier<T> = string | T | SavedObject;

/** The saved form of an object: the name of its class and the configuration for its constructor. */
export interface SavedObject {
  className: string;
  config: serialization.ConfigDict;
}

type Factory = (options: serialization.ConfigDict) => serialization.Serializable;

/** The objects that one kind of identifier can mean. */
interface Kind {
  readonly name: string;
  /** The functions of TensorFlow.js and Sluice that create one, by name. */
  readonly factories: Readonly<Record<string, Factory>>;
  /** Their base class, which TensorFlow.js does not export. */
  readonly base: new () => object;
}

function defineKind(name: string, namespace: object, instance: object): Kind {
  const functions = Object.entries(namespace).filter(([, value]) => typeof value === 'function');
  return {
    name,
    factories: Object.fromEntries(functions),
    base: Object.getPrototypeOf(instance.constructor),
  };
}

const INITIALIZERS = defineKind(
  'initializer',
  { ...initializers, orthogonal: (options = {}) => new Orthogonal(options) },
  initializers.zeros(),
);
const REGULARIZERS = defineKind('regularizer', regularizers, regularizers.l2());
const CONSTRAINTS = defineKind('constraint', constraints, constraints.nonNeg());

/**
 * Creates the initializer of an identifier. Its name may be in camel case, in snake case or that of the class:
 * `glorotUniform`, `glorot_uniform`, `GlorotUniform`.
 * @param seed used when the identifier is a name or a configuration without a seed.
 * @throws RangeError listing the known names, TypeError when the value is not an identifier.
 */
export function createInitializer(identifier: Identifier<Initializer>, seed?: number): Initializer {
  return createFromIdentifier(INITIALIZERS, identifier, seed === undefined ? {} : { seed });
}

/**
 * Creates the regularizer of an identifier; null for none.
 * @throws RangeError listing the known names, TypeError when the value is not an identifier.
 */
export function createRegularizer(
  identifier: Identifier<Regularizer> | null | undefined,
): Regularizer | null {
  return identifier == null ? null : createFromIdentifier(REGULARIZERS, identifier);
}

/**
 * Creates the constraint of an identifier; null for none.
 * @throws RangeError listing the known names, TypeError when the value is not an identifier.
 */
export function createConstraint(identifier: Identifier<Constraint> | null | undefined): Constraint | null {
  return identifier == null ? null : createFromIdentifier(CONSTRAINTS, identifier);
}

function createFromIdentifier<T extends Initializer | Regularizer | Constraint>(
  kind: Kind,
  identifier: Identifier<T>,
  options: serialization.ConfigDict = {},
): T {
  const isName = typeof identifier === 'string';
  if (!isName && !isSavedObject(identifier)) {
    if (typeof (identifier as Partial<T> | null)?.apply === 'function') return identifier;
    throw new TypeError(
      `The ${kind.name} must be a name, an object that TensorFlow.js makes or { className, config }, but is ` +
        `${formatValue(identifier)}.`,
    );
  }
  const { className, config } = isName ? { className: identifier, config: {} } : identifier;
  const names = Object.keys(kind.factories);
  const name = names.find((candidate) => normalizeName(candidate) === normalizeName(className));
  if (name !== undefined) return kind.factories[name]({ ...options, ...config }) as T;
  const isUnknown = isName && serialization.SerializationMap.getMap().classNameMap[className] === undefined;
  const object = isUnknown ? undefined : restoreObject({ className, config: { ...options, ...config } });
  if (object instanceof kind.base) return object as T;
  throw new RangeError(
    `Unknown ${kind.name} '${className}'${suggestName(className, names)}. Known: ${names.join(', ')}.`,
  );
}

function isSavedObject(identifier: unknown): identifier is SavedObject {
  return (
    typeof identifier === 'object' &&
    identifier !== null &&
    'className' in identifier &&
    'config' in identifier
  );
}

/**
 * Creates an object of a registered class (a layer, an initializer, an optimizer …) from its saved form.
 * @throws RangeError when no class of that name is registered.
 */
export function restoreObject({ className, config }: SavedObject): serialization.Serializable {
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
export function toSavedObject(object: serialization.Serializable | null): SavedObject | null {
  return object === null ? null : { className: object.getClassName(), config: object.getConfig() };
}
