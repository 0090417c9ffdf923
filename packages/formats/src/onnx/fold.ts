/** The evaluation of values that depend on constants alone: exporters cut, join and reorder weights with nodes of the graph. */
import type { FileTensor } from '../data/tensor.js';
import { arithmeticOperations } from './fold-arithmetic.js';
import { logicOperations } from './fold-logic.js';
import { type FoldOperation, shapeOperations } from './fold-shapes.js';
import type { NodeProto, TensorProto } from './messages.js';
import type { Scope, Value } from './scope.js';
import type { Constant } from './strided.js';

/** The reason why a value is not known before the model runs, as the end of a sentence. */
export class NotConstant extends Error {}

/** Weights pass few nodes between file and layer; this many times their size is more than any model takes. */
const PASSES = 16;
const MAX_CHAIN = 1000;

/** The operations that are evaluated, by their names in ONNX. */
export const operations: Readonly<Record<string, FoldOperation>> = {
  ...shapeOperations,
  ...arithmeticOperations,
  ...logicOperations,
};

/** Whether the operator is one of ONNX's own, not one of a runtime or a function. */
export const isStandard = ({ domain }: NodeProto): boolean => !domain || domain === 'ai.onnx';

/** A node as messages name it. */
export const describeNode = ({ name, opType }: NodeProto): string =>
  name ? `node ${name} (${opType})` : `a node ${opType}`;

export class Folder {
  /** The nodes whose results have been constants. */
  readonly folded = new Set<NodeProto>();
  private readonly results = new WeakMap<Scope, Map<NodeProto, Constant[] | NotConstant>>();
  private remaining: number;
  private depth = 0;

  /**
   * @param arrays the arrays of the model.
   * @param fileSize the bytes of the model's files, which bound the work.
   */
  constructor(
    private readonly arrays: ReadonlyMap<TensorProto, FileTensor | undefined>,
    fileSize: number,
  ) {
    this.remaining = PASSES * fileSize + 2 ** 16;
  }

  /** A value's array. @throws NotConstant saying what it depends on. */
  evaluate({ name, scope }: Value): Constant {
    const found = scope.find(name);
    if (found.kind === 'array') return this.array(found.tensor);
    if (found.kind === 'node') return this.nodeResult(found.node, found.scope, found.output);
    if (found.kind === 'unknown') throw new NotConstant(`nothing in the file computes ${name}`);
    throw new NotConstant(
      `${name} is an input of ${found.isModelInput ? 'the model' : 'a graph in the model'}`,
    );
  }

  /** The array, or undefined when it is no constant. */
  tryEvaluate(value: Value): Constant | undefined {
    try {
      return this.evaluate(value);
    } catch (error) {
      if (error instanceof NotConstant) return undefined;
      throw error;
    }
  }

  /** The array of a tensor. @throws NotConstant when its type is not read. */
  array(tensor: TensorProto): Constant {
    const array = this.arrays.get(tensor);
    if (array) return array;
    throw new NotConstant(
      `${tensor.name || 'an array'} is of the type ${tensor.dataType}, which is not read`,
    );
  }

  private nodeResult(node: NodeProto, scope: Scope, output: number): Constant {
    const known = this.results.get(scope) ?? new Map<NodeProto, Constant[] | NotConstant>();
    this.results.set(scope, known);
    const outputs = known.get(node) ?? this.firstResult(node, scope);
    known.set(node, outputs);
    if (outputs instanceof NotConstant) throw outputs;
    this.folded.add(node);
    if (outputs[output]) return outputs[output];
    throw new NotConstant(`${describeNode(node)} has no constant output ${output}`);
  }

  private firstResult(node: NodeProto, scope: Scope): Constant[] | NotConstant {
    if (this.depth >= MAX_CHAIN) return new NotConstant(`more than ${MAX_CHAIN} nodes compute it`);
    this.depth++;
    try {
      return this.run(node, scope);
    } catch (error) {
      if (error instanceof NotConstant) return error;
      throw error;
    } finally {
      this.depth--;
    }
  }

  private run(node: NodeProto, scope: Scope): Constant[] {
    const { opType = '' } = node;
    if (!isStandard(node) || !Object.hasOwn(operations, opType)) {
      throw new NotConstant(`${describeNode(node)} computes it, which is not evaluated`);
    }
    const attributes = scope.attributesOf(node);
    const inputs = node.input.map((name) => (name ? this.evaluate({ name, scope }) : undefined));
    const tensor = (attribute: string) => {
      const stored = attributes.get(attribute)?.t;
      return stored && this.array(stored);
    };
    const reserve = (elements: number) => this.reserve(elements);
    try {
      return operations[opType]({ inputs, attributes, outputs: node.output.length, reserve, tensor });
    } catch (error) {
      if (error instanceof NotConstant) throw error;
      throw new NotConstant(`${describeNode(node)} cannot be evaluated: ${(error as Error).message}`);
    }
  }

  /** Accounts for memory and work of a number of elements. @throws Error when the file asks for more than it can need. */
  reserve(elements: number): void {
    if (!(elements >= 0 && elements <= this.remaining)) {
      throw new Error(`a result has ${elements} elements, too many for the size of the file`);
    }
    this.remaining -= elements;
  }
}
