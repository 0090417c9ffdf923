import { Expression } from '../equations/expression.js';
import type { Cell } from '../equations/make-cell.js';
import {
  type ParameterDeclaration,
  type ParameterShape,
  type Sizes,
  shapeOf,
} from '../equations/parameters.js';
import { Signal } from './signal.js';

/** A part of a network: it makes one signal from another and declares its parameters and states in a scope. */
export type Block = (input: Signal, scope: Scope) => Signal;

/** A matrix or a vector of a block. */
export type BlockParameter = Pick<ParameterDeclaration, 'form' | 'role' | 'groups' | 'initial'> & {
  /** The columns of each of its parts. */
  readonly width: number;
  /** Matrices: the length of the rows that it multiplies. */
  readonly rows?: number;
  /** The names of its parts. Default: one part. */
  readonly blocks?: readonly string[];
  /** Its numbers, if they belong to the block and are not learned. */
  readonly values?: Float32Array;
};

export interface NetworkDefinition {
  /** The network's name, in saved models and in errors. */
  readonly name: string;
  readonly source?: string;
  /** The numbers of a frame. */
  readonly inputSize: number;
  /**
   * Makes the output from the input `x`, which has one position of `inputSize` channels. `use` applies a block under a name:
   * `use('encoder', dense({ units: 8 }), x)`.
   */
  readonly build: (x: Signal, use: (name: string, block: Block, input: Signal) => Signal) => Signal;
}

/** A cell made of blocks. Its sizes are fixed: `planFor(network, network.sizes)`. */
export interface Network extends Cell {
  readonly sizes: Sizes;
  /** The numbers of the parameters that are not learned, by name. */
  readonly fixed: ReadonlyMap<string, Float32Array>;
}

/**
 * A network of blocks as one cell: a time step is one frame of a stream, and its states are those of all blocks. What works
 * with a cell works with it: the reference, the gradient, backends, layers and streams.
 *
 * @throws TypeError when a name is repeated, when a state gets no row for the next frame, and where a block refuses its input.
 */
export function network({ name, source, inputSize, build }: NetworkDefinition): Network {
  const declared = new Declarations(name);
  const x = Signal.of(new Expression({ kind: 'input' }), inputSize);
  const output = build(x, (block, made, input) => declared.use(block, made, input));
  if (!(output instanceof Signal)) {
    throw new TypeError(`Network '${name}': build must return a signal, but returned ${typeof output}.`);
  }
  const sizes = { inputSize, units: output.width };
  const { parameters, states, fixed } = declared;
  const results = declared.results(output.row);
  const checked = <T>(given: Sizes, value: T): T => {
    if (given.inputSize === inputSize && given.units === sizes.units) return value;
    throw new TypeError(
      `Network '${name}' has frames of ${inputSize} numbers and ${sizes.units} results, but was given inputSize ` +
        `${given.inputSize} and units ${given.units}. Use planFor(network, network.sizes).`,
    );
  };
  return {
    name,
    source,
    options: {},
    sizes,
    fixed,
    states: [...states.keys()],
    stateWidths: (given) => checked(given, [...states.values()]),
    parameters: (given) => checked(given, [...parameters]),
    results: (given) => checked(given, results),
  };
}

const kindOf = (value: unknown): string => (value instanceof Signal ? 'a signal' : typeof value);

/** The declarations of all blocks of a network. */
class Declarations {
  readonly parameters: ParameterShape[] = [];
  readonly states = new Map<string, number>();
  readonly fixed = new Map<string, Float32Array>();
  private readonly updates = new Map<string, Expression>();
  private readonly blocks = new Set<string>();

  constructor(readonly network: string) {}

  use(name: string, block: Block, input: Signal): Signal {
    if (typeof name !== 'string' || name === '') {
      throw new TypeError(`Network '${this.network}': the name of a block must be a text that is not empty.`);
    }
    if (this.blocks.has(name)) {
      throw new TypeError(`Network '${this.network}' has two blocks named '${name}'; name them differently.`);
    }
    if (typeof block !== 'function' || !(input instanceof Signal)) {
      throw new TypeError(
        `Network '${this.network}': use('${name}', …) takes a block, such as dense({ units: 8 }), and a signal, but was given ` +
          `${kindOf(block)} and ${kindOf(input)}.`,
      );
    }
    this.blocks.add(name);
    return block(input, new Scope(this, name));
  }

  addParameter(parameter: ParameterShape, values?: Float32Array): void {
    const { name } = parameter;
    this.checkNew(
      'parameters',
      name,
      this.parameters.some((other) => other.name === name),
    );
    this.parameters.push(parameter);
    if (values !== undefined) this.fixed.set(name, values);
  }

  addState(state: string, width: number): void {
    this.checkNew('states', state, this.states.has(state));
    this.states.set(state, width);
  }

  update(state: string, row: Expression): void {
    if (!this.states.has(state)) throw new TypeError(`Network '${this.network}' has no state '${state}'.`);
    this.updates.set(state, row);
  }

  private checkNew(what: string, name: string, isKnown: boolean): void {
    if (isKnown) throw new TypeError(`Network '${this.network}' has two ${what} named '${name}'.`);
  }

  results(output: Expression): Readonly<Record<string, Expression>> {
    const missing = [...this.states.keys()].find((state) => !this.updates.has(state));
    if (missing !== undefined) {
      throw new TypeError(
        `Network '${this.network}': state '${missing}' has no row for the next frame; call scope.update.`,
      );
    }
    return { ...Object.fromEntries(this.updates), output };
  }
}

/** What a block declares. Names are the block's own; the network puts the block's name and a dot before them. */
export class Scope {
  constructor(
    private readonly declared: Declarations,
    private readonly name: string,
  ) {}

  /** Declares a matrix; the result multiplies a row with it, or with one of its parts. */
  matrix(
    name: string,
    parameter: Omit<BlockParameter, 'form'> & { readonly rows: number },
  ): (operand: Expression, block?: string) => Expression {
    const full = this.parameter(name, { ...parameter, form: 'matrix' });
    const first = parameter.blocks?.[0] ?? 'y';
    return (operand, block = first) =>
      new Expression({ kind: 'product', block: { parameter: full, block }, operand });
  }

  /** Declares a vector; the result is its row, or that of one of its parts. */
  vector(name: string, parameter: Omit<BlockParameter, 'form'>): (block?: string) => Expression {
    const full = this.parameter(name, { ...parameter, form: 'vector' });
    const first = parameter.blocks?.[0] ?? 'y';
    return (block = first) => new Expression({ kind: 'vector', block: { parameter: full, block } });
  }

  /** A row that passes from frame to frame; it begins as zeros. `update` gives it the row for the next frame. */
  state(name: string, width: number): Expression {
    const state = this.fullName(name);
    this.declared.addState(state, width);
    return new Expression({ kind: 'state', state });
  }

  update(name: string, row: Expression): void {
    this.declared.update(this.fullName(name), row);
  }

  /** Declares a parameter that has a shape, such as a cell's, with its numbers if they are not learned. Returns its full name. */
  declare(shape: ParameterShape, values?: Float32Array): string {
    const name = this.fullName(shape.name);
    this.declared.addParameter({ ...shape, name }, values);
    return name;
  }

  /** The scope of a block in this block. */
  inside(name: string): Scope {
    return new Scope(this.declared, this.fullName(name));
  }

  /** The name of a parameter or a state in the network. */
  fullName(name: string): string {
    return `${this.name}.${name}`;
  }

  private parameter(name: string, { values, blocks = ['y'], ...parameter }: BlockParameter): string {
    const symbol = parameter.form === 'matrix' ? 'W' : 'b';
    const sizes = { inputSize: 1, units: 1 };
    return this.declare(shapeOf(name, { ...parameter, blocks, symbol }, sizes), values);
  }
}
