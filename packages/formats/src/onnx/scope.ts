/** Names in graphs: which array, node or input a name stands for. */
import type { AttributeProto, FunctionProto, GraphProto, NodeProto, TensorProto } from './messages.js';

/** The attributes of a node by name. */
export type Attributes = ReadonlyMap<string, AttributeProto>;

/** What a name stands for, and the scope in which that was found. */
export type Definition =
  | { readonly kind: 'array'; readonly tensor: TensorProto }
  | { readonly kind: 'node'; readonly node: NodeProto; readonly output: number; readonly scope: Scope }
  /** An input of the model, of a loop's body or of a function that was called without it. */
  | { readonly kind: 'input'; readonly isModelInput: boolean }
  | { readonly kind: 'unknown' };

/** A value by its name in a scope. */
export interface Value {
  readonly name: string;
  readonly scope: Scope;
}

/** The names of one graph, and through its parent those of the graphs around it. */
export class Scope {
  private readonly arrays = new Map<string, TensorProto>();
  private readonly producers = new Map<string, { node: NodeProto; output: number }>();
  private readonly inputs: ReadonlySet<string>;

  constructor(
    readonly nodes: readonly NodeProto[],
    initializers: readonly TensorProto[],
    inputs: readonly string[],
    private readonly parent?: Scope,
    /** For the body of a function: the values with which it was called, and its attributes. */
    private readonly call?: { values: ReadonlyMap<string, Value>; attributes: Attributes },
  ) {
    for (const tensor of initializers) this.arrays.set(tensor.name ?? '', tensor);
    for (const node of nodes) {
      node.output.forEach((name, output) => {
        if (name) this.producers.set(name, { node, output });
      });
    }
    this.inputs = new Set(inputs);
  }

  /** The scope of a graph in this one. */
  static ofGraph({ node, initializer, input }: GraphProto, parent?: Scope): Scope {
    const names = input.map(({ name }) => name ?? '');
    return new Scope(node, initializer, names, parent);
  }

  /** The scope of the body of a function that a node of this scope calls. */
  ofCall({ input, node, attributeProto }: FunctionProto, caller: NodeProto): Scope {
    const values = new Map<string, Value>();
    input.forEach((name, i) => {
      if (caller.input[i]) values.set(name, { name: caller.input[i], scope: this });
    });
    const given = attributeProto.map((attribute) => [attribute.name ?? '', attribute] as const);
    const attributes = new Map([...given, ...this.attributesOf(caller)]);
    return new Scope(node, [], input, undefined, { values, attributes });
  }

  /** What a name stands for here. */
  find(name: string): Definition {
    for (let scope: Scope = this; ; scope = scope.parent) {
      const tensor = scope.arrays.get(name);
      if (tensor) return { kind: 'array', tensor };
      const producer = scope.producers.get(name);
      if (producer) return { kind: 'node', ...producer, scope };
      const value = scope.call?.values.get(name);
      if (value) return value.scope.find(value.name);
      if (scope.inputs.has(name)) return { kind: 'input', isModelInput: !scope.parent && !scope.call };
      if (!scope.parent) return { kind: 'unknown' };
    }
  }

  /** A node's attributes; those of a function's node may be attributes of the call. */
  attributesOf({ attribute }: NodeProto): Attributes {
    const found = new Map<string, AttributeProto>();
    for (const given of attribute) {
      const actual = given.refAttrName ? this.callAttributes.get(given.refAttrName) : given;
      if (given.name && actual) found.set(given.name, actual);
    }
    return found;
  }

  private get callAttributes(): Attributes {
    for (let scope: Scope | undefined = this; scope; scope = scope.parent) {
      if (scope.call) return scope.call.attributes;
    }
    return new Map();
  }
}
