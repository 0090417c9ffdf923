import { serialization } from '@tensorflow/tfjs-core';
import { constraints, initializers, regularizers } from '@tensorflow/tfjs-layers';
import { nearest, plain, shownValue } from '../check-options.js';
import { Orthogonal } from './orthogonal.js';
import type { Constraint, Initializer, Regularizer } from './weight-rules.js';

/** How Keras arguments name an object: by name (`'glorotUniform'`), as an instance, or as a saved configuration. */
export type Identifier<T> = string | T | SavedObject;

/** An object as it is saved: the name of its class and what its constructor takes. */
export interface SavedObject {
  className: string;
  config: serialization.ConfigDict;
}

type Factory = (options: serialization.ConfigDict) => serialization.Serializable;

/** What identifiers of one kind may name. */
interface Kind {
  readonly name: string;
  /** The functions of TensorFlow.js and Sluice that make one, by name. */
  readonly factories: Readonly<Record<string, Factory>>;
  /** Their base class, which TensorFlow.js does not export. */
  readonly base: new () => object;
}

function kindOf(name: string, namespace: object, anyOfThem: object): Kind {
  const functions = Object.entries(namespace).filter(([, value]) => typeof value === 'function');
  return {
    name,
    factories: Object.fromEntries(functions),
    base: Object.getPrototypeOf(anyOfThem.constructor),
  };
}

const INITIALIZERS = kindOf(
  'initializer',
  { ...initializers, orthogonal: (options = {}) => new Orthogonal(options) },
  initializers.zeros(),
);
const REGULARIZERS = kindOf('regularizer', regularizers, regularizers.l2());
const CONSTRAINTS = kindOf('constraint', constraints, constraints.nonNeg());

/**
 * The initializer that an identifier names, in camel case, snake case or by its class: `glorotUniform`,
 * `glorot_uniform`, `GlorotUniform`.
 * @param seed used where the identifier is a name or a configuration without one.
 * @throws RangeError listing the known names, TypeError when the identifier is none.
 */
export function initializerFrom(identifier: Identifier<Initializer>, seed?: number): Initializer {
  return resolved(INITIALIZERS, identifier, seed === undefined ? {} : { seed });
}

/**
 * The regularizer that an identifier names; null when there is none.
 * @throws RangeError listing the known names, TypeError when the identifier is none.
 */
export function regularizerFrom(identifier: Identifier<Regularizer> | null | undefined): Regularizer | null {
  return identifier == null ? null : resolved(REGULARIZERS, identifier);
}

/**
 * The constraint that an identifier names; null when there is none.
 * @throws RangeError listing the known names, TypeError when the identifier is none.
 */
export function constraintFrom(identifier: Identifier<Constraint> | null | undefined): Constraint | null {
  return identifier == null ? null : resolved(CONSTRAINTS, identifier);
}

function resolved<T extends Initializer | Regularizer | Constraint>(
  kind: Kind,
  identifier: Identifier<T>,
  options: serialization.ConfigDict = {},
): T {
  const isName = typeof identifier === 'string';
  if (!isName && !isSaved(identifier)) {
    if (typeof (identifier as Partial<T> | null)?.apply === 'function') return identifier;
    throw new TypeError(
      `The ${kind.name} must be a name, an object that TensorFlow.js makes or { className, config }, but is ` +
        `${shownValue(identifier)}.`,
    );
  }
  const { className, config } = isName ? { className: identifier, config: {} } : identifier;
  const known = Object.keys(kind.factories);
  const found = known.find((name) => plain(name) === plain(className));
  if (found !== undefined) return kind.factories[found]({ ...options, ...config }) as T;
  const isUnknown = isName && serialization.SerializationMap.getMap().classNameMap[className] === undefined;
  const made = isUnknown ? undefined : fromSaved({ className, config: { ...options, ...config } });
  if (made instanceof kind.base) return made as T;
  throw new RangeError(
    `Unknown ${kind.name} '${className}'. Known: ${known.join(', ')}; the nearest is '${nearest(className, known)}'.`,
  );
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
