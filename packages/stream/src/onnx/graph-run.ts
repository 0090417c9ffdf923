/** Runs a graph once on element numbers: what depends on sizes and constants alone is computed, all else becomes equations. */
import {
  type Constant,
  describeNode,
  FormatError,
  type GraphProto,
  isStandard,
  type NamedGraph,
  type NodeProto,
  operations,
  Scope,
} from '@sluice/formats/onnx';
import { BlockNames } from '../block-names.js';
import { Call, type GraphOperation, shapeOfValue } from './call.js';
import { convolutionOperations } from './convolution.js';
import type { Elements, GraphValue } from './elements.js';
import { pointwiseOperations, shapeText } from './pointwise.js';
import { productOperations } from './products.js';
import { recurrentOperations } from './recurrent-node.js';
import { reducingOperations } from './reductions.js';
import { movingOperations } from './shapes.js';
import type { Weights } from './weights.js';

const OPERATIONS: Readonly<Record<string, GraphOperation>> = {
  ...pointwiseOperations,
  ...movingOperations,
  ...productOperations,
  ...convolutionOperations,
  ...recurrentOperations,
  ...reducingOperations,
};

/** The names of ONNX's operations that streams know, in order. */
export const knownOperations = (): string[] =>
  [...new Set([...Object.keys(OPERATIONS), ...Object.keys(operations), 'If'])].sort();

/** Values by their names; null for those that a refused node would compute. */
type Names = Map<string, GraphValue | null>;

/** The problems that one error names. */
const MAX_NAMED = 30;
/** Constants pass few nodes between file and layer. */
const PASSES = 16;
const MAX_NODES = 250_000;

/** The name of the block that has the states which are inputs of the graph. */
export const STATES = 'the states';

export class GraphRun {
  private readonly problems: string[] = [];
  private readonly names = new BlockNames(STATES);
  private readonly version: number;
  private remaining: number;
  private nodes = 0;

  constructor(
    private readonly file: NamedGraph,
    private readonly elements: Elements,
    private readonly weights: Weights,
  ) {
    const own = file.model.opsetImport.find(({ domain }) => !domain || domain === 'ai.onnx');
    this.version = own?.version ?? 1;
    this.remaining = PASSES * file.size + 2 ** 20;
  }

  /**
   * The outputs of the graph, in its order.
   * @throws FormatError naming every node that cannot be computed.
   */
  run(given: ReadonlyMap<string, GraphValue>): GraphValue[] {
    const outputs = this.runGraph(this.file.graph, new Map(given), [], '');
    if (this.problems.length > 0) {
      const named = this.problems.slice(0, MAX_NAMED).join('; ');
      const rest = this.problems.length - MAX_NAMED;
      throw new FormatError(
        `${this.file.name}: no stream can compute ${this.problems.length} of its nodes: ${named}${rest > 0 ? `; and ${rest} more` : ''}.`,
      );
    }
    return outputs.map((output, i) => {
      if (output) return output;
      throw new FormatError(
        `${this.file.name}: nothing computes the output ${this.file.graph.output[i].name}.`,
      );
    });
  }

  private runGraph(
    graph: GraphProto,
    own: Names,
    outer: readonly Names[],
    path: string,
  ): (GraphValue | null)[] {
    const scopes = [own, ...outer];
    for (const tensor of graph.initializer) {
      const array = this.file.arrays.get(tensor);
      if (array) own.set(tensor.name ?? '', { kind: 'known', constant: array });
      else {
        this.problems.push(`the array ${tensor.name} is of the type ${tensor.dataType}, which is not read`);
        own.set(tensor.name ?? '', null);
      }
    }
    const wanted = neededNodes(graph);
    graph.node.forEach((node, i) => {
      if (!wanted.has(node)) return;
      if (++this.nodes > MAX_NODES)
        throw new FormatError(`${this.file.name}: it has more than ${MAX_NODES} nodes.`);
      const name = this.names.unique(path + (node.name || `${node.opType}_${i}`).replace(/^\/+/, ''));
      const results = this.attempt(node, name, scopes);
      node.output.forEach((output, place) => {
        if (output) own.set(output, results?.[place] ?? null);
      });
    });
    return graph.output.map(({ name = '' }) => find(name, scopes) ?? null);
  }

  /** The outputs of a node; undefined when they cannot be computed, which is noted, or when an input could not. */
  private attempt(
    node: NodeProto,
    name: string,
    scopes: readonly Names[],
  ): (GraphValue | null)[] | undefined {
    if (!this.isKnown(node)) {
      this.problems.push(`${describeNode(node)} is no operation of streams`);
      return undefined;
    }
    let isComplete = true;
    const inputs = node.input.map((input) => {
      if (!input) return undefined;
      const value = find(input, scopes);
      if (value) return value;
      if (value === undefined)
        this.problems.push(`${describeNode(node)} reads ${input}, which nothing before it computes`);
      isComplete = false;
      return undefined;
    });
    if (!isComplete) return undefined;
    try {
      return node.opType === 'If'
        ? this.branch(node, name, inputs, scopes)
        : this.compute(node, name, inputs);
    } catch (error) {
      if (error instanceof FormatError) throw error;
      const shapes = inputs.map((input) => (input ? shapeText(shapeOfValue(input)) : 'none')).join(', ');
      this.problems.push(`${describeNode(node)}: ${(error as Error).message} (inputs: ${shapes})`);
      return undefined;
    }
  }

  private isKnown(node: NodeProto): boolean {
    const { opType = '' } = node;
    if (!isStandard(node)) return false;
    return opType === 'If' || Object.hasOwn(OPERATIONS, opType) || Object.hasOwn(operations, opType);
  }

  private compute(node: NodeProto, name: string, inputs: readonly (GraphValue | undefined)[]): GraphValue[] {
    const { opType = '' } = node;
    const attributes = new Scope([], [], []).attributesOf(node);
    const areKnown = inputs.every((input) => input === undefined || input.kind === 'known');
    if (areKnown && Object.hasOwn(operations, opType)) {
      const results = operations[opType]({
        inputs: inputs.map((input) => (input?.kind === 'known' ? input.constant : undefined)),
        attributes,
        outputs: node.output.length,
        reserve: this.reserve,
        tensor: (attribute) => this.tensor(attributes.get(attribute)?.t),
      });
      return results.map((constant) => ({ kind: 'known', constant }));
    }
    if (!Object.hasOwn(OPERATIONS, opType)) throw new Error('its inputs depend on the frame');
    // Operations of streams read at least one signal.
    const [first, ...rest] = inputs;
    const signal: GraphValue | undefined =
      areKnown && first ? { kind: 'signal', elements: this.elements.elementsOf(first) } : first;
    const { elements, weights, version } = this;
    return OPERATIONS[opType](
      new Call(node, name, [signal, ...rest], attributes, elements, weights, version),
    );
  }

  private tensor(stored: Parameters<NamedGraph['arrays']['get']>[0] | undefined): Constant | undefined {
    if (!stored) return undefined;
    const array = this.file.arrays.get(stored);
    if (array) return array;
    throw new Error(`it holds an array of the type ${stored.dataType}, which is not read`);
  }

  private readonly reserve = (count: number): void => {
    if (!(count >= 0 && count <= this.remaining)) {
      throw new Error(`a result has ${count} elements, too many for the size of the file`);
    }
    this.remaining -= count;
  };

  /** The outputs of one branch of an If whose condition is known. */
  private branch(
    node: NodeProto,
    name: string,
    [condition]: readonly (GraphValue | undefined)[],
    scopes: readonly Names[],
  ): (GraphValue | null)[] {
    if (condition?.kind !== 'known') throw new Error('its condition depends on the frame');
    const wanted = condition.constant.values[0] !== 0 ? 'then_branch' : 'else_branch';
    const graph = node.attribute.find((attribute) => attribute.name === wanted)?.g;
    if (!graph) throw new Error(`it has no ${wanted}`);
    return this.runGraph(graph, new Map(), scopes, `${name}/`);
  }
}

function find(name: string, scopes: readonly Names[]): GraphValue | null | undefined {
  for (const names of scopes) {
    const value = names.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The nodes on which the outputs of a graph depend. */
function neededNodes(graph: GraphProto): Set<NodeProto> {
  const names = new Set(graph.output.map(({ name = '' }) => name));
  const needed = new Set<NodeProto>();
  for (const node of [...graph.node].reverse()) {
    if (!node.output.some((output) => output && names.has(output))) continue;
    needed.add(node);
    addReads(node, names);
  }
  return needed;
}

/** Adds every name that a node and the graphs in it read. */
function addReads(node: NodeProto, names: Set<string>): void {
  for (const input of node.input) names.add(input);
  for (const { g } of node.attribute) {
    if (!g) continue;
    for (const { name = '' } of g.output) names.add(name);
    for (const inner of g.node) addReads(inner, names);
  }
}
