/** The parameters of a network made from a graph: matrices and vectors by the names of nodes, with their numbers. */
import { Expression } from '@sluice/core/equations';
import type { Scope } from '@sluice/core/network';

/** Opens a scope for the parameters of a node. */
export type OpenScope = (name: string) => Scope;

export class Weights {
  /** The numbers by the parameters' names. */
  readonly values = new Map<string, Float32Array>();
  private readonly matrices = new Map<string, (row: Expression) => Expression>();
  private readonly vectors = new Map<string, () => Expression>();
  private readonly scopes = new Map<string, Scope>();
  private readonly names = new Set<string>();

  constructor(private readonly open: OpenScope) {}

  /** The scope of a node, the same for all its calls. */
  scopeOf(node: string): Scope {
    let scope = this.scopes.get(node);
    if (!scope) {
      scope = this.open(node);
      this.scopes.set(node, scope);
    }
    return scope;
  }

  /**
   * A matrix `[rows, width]` of a node.
   * @param key says which of the node's matrices it is; a second call with it gives the same parameter.
   */
  matrix(
    node: string,
    key: string,
    [rows, width]: readonly [number, number],
    make: () => Float32Array,
  ): (row: Expression) => Expression {
    const full = `${node} ${key}`;
    let product = this.matrices.get(full);
    if (!product) {
      const name = this.nameIn(node, 'kernel');
      product = this.scopeOf(node).matrix(name, { role: 'kernel', rows, width });
      this.values.set(this.scopeOf(node).fullName(name), make());
      this.matrices.set(full, product);
    }
    return product;
  }

  /** Known numbers as a row; equal ones are stored once. */
  vector(node: string, values: Float32Array, label = 'numbers'): Expression {
    const key = values.join();
    let row = this.vectors.get(key);
    if (!row) {
      const name = this.nameIn(node, label);
      row = this.scopeOf(node).vector(name, { role: 'bias', width: values.length });
      this.values.set(this.scopeOf(node).fullName(name), values);
      this.vectors.set(key, row);
    }
    return row();
  }

  private nameIn(node: string, name: string): string {
    for (let i = 0; ; i++) {
      const own = i === 0 ? name : `${name}${i}`;
      if (this.names.has(`${node} ${own}`)) continue;
      this.names.add(`${node} ${own}`);
      return own;
    }
  }
}

/** A number in equations. */
export const numberRow = (value: number): Expression => new Expression({ kind: 'constant', value });
