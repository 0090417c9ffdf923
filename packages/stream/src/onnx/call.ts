/** A call of a node: what an operation reads. */
import type { Attributes, Constant, NodeProto } from '@sluice/formats/onnx';
import type { Elements, GraphValue, MakeVector } from './elements.js';
import type { Weights } from './weights.js';

/** One call of an operation whose inputs depend on the frame. */
export class Call {
  constructor(
    readonly node: NodeProto,
    /** The node's name in errors and for its parameters. */
    readonly name: string,
    /** Undefined for inputs that are left out. */
    readonly inputs: readonly (GraphValue | undefined)[],
    readonly attributes: Attributes,
    readonly elements: Elements,
    readonly weights: Weights,
    /** The version of ONNX's operators. */
    readonly version: number,
  ) {}

  readonly vector: MakeVector = (values) => this.weights.vector(this.name, values);

  /** The same call with another first input. */
  withFirst(input: GraphValue): Call {
    const { node, name, inputs, attributes, elements, weights, version } = this;
    return new Call(node, name, [input, ...inputs.slice(1)], attributes, elements, weights, version);
  }

  /** An input. @throws Error when it is missing. */
  input(i: number): GraphValue {
    const input = this.inputs[i];
    if (!input) throw new Error(`its input ${i} is missing`);
    return input;
  }

  /** An input that must be known before the model runs; undefined when it is left out. */
  known(i: number, what: string): Constant | undefined {
    const input = this.inputs[i];
    if (input === undefined || input.kind === 'known') return input?.constant;
    throw new Error(`its ${what} depend on the frame`);
  }

  /** As `known`, for inputs that must be given. */
  knownInput(i: number, what: string): Constant {
    const constant = this.known(i, what);
    if (!constant) throw new Error(`its ${what} are missing`);
    return constant;
  }

  integer(name: string, absent: number): number {
    return this.attributes.get(name)?.i ?? absent;
  }

  number(name: string, absent: number): number {
    return this.attributes.get(name)?.f ?? absent;
  }

  integers(name: string): readonly number[] | undefined {
    const list = this.attributes.get(name)?.ints;
    return list?.length ? list : undefined;
  }

  text(name: string, absent: string): string {
    const bytes = this.attributes.get(name)?.s;
    return bytes ? new TextDecoder().decode(bytes) : absent;
  }
}

/** The outputs of an operation. @throws Error saying why these inputs have none. */
export type GraphOperation = (call: Call) => GraphValue[];

export const shapeOfValue = (value: GraphValue): readonly number[] =>
  value.kind === 'signal' ? value.elements.shape : value.constant.shape;
