/** Any cell as a Scan, ONNX's loop over time: the body is derived from the cell's plan. */
import { cellFrom, type Plan, planFor } from '@sluice/core';
import { isInputProjection, operandsOf, outputState, type Product, reachable } from '@sluice/core/backend';
import type { RecurrentLayerData } from '../data/layers.js';
import { FLOAT, GraphBuilder, graphOf, valueInfo } from './graph-builder.js';
import type { ValueInfo } from './messages.js';
import { addOperation } from './pointwise-nodes.js';
import type { ScanDirection } from './scan-metadata.js';

/** One direction of a layer. */
interface Scan {
  /** `[batch, timesteps, units]`, each output at the position of its input; or of the last step `[batch, units]`. */
  readonly output: string;
  /** What the metadata says about it. */
  readonly description: ScanDirection;
}

/**
 * Adds one direction of a layer. Products of the input are computed for all steps at once, before the loop.
 * @param x the input, `[batch, timesteps, inputSize]`.
 */
export function addScan(
  graph: GraphBuilder,
  layer: RecurrentLayerData,
  direction: number,
  x: string,
  returnSequences: boolean,
): Scan {
  const plan = planFor(cellFrom(layer.cell), layer.sizes);
  return new ScanBuilder(graph, plan, layer, direction, x).add(returnSequences);
}

class ScanBuilder {
  private readonly body: GraphBuilder;
  private readonly weights: readonly string[];
  /** The blocks of each vector parameter. */
  private readonly vectors = new Map<number, string[]>();
  /** The names of values by their nodes. */
  private readonly values = new Map<number, string>();
  /** The nodes whose values have a row for each sequence of the batch. */
  private readonly batched = new Set<number>();
  private readonly bodyInputs: ValueInfo[] = [];
  private readonly scanned: string[] = [];

  constructor(
    private readonly graph: GraphBuilder,
    private readonly plan: Plan,
    private readonly layer: RecurrentLayerData,
    private readonly direction: number,
    private readonly x: string,
  ) {
    this.body = new GraphBuilder(graph.arrays, `${graph.prefix}/step`);
    const { weights } = layer.directions[direction];
    const place = layer.directions.length > 1 ? `${graph.prefix}/${direction}` : graph.prefix;
    this.weights = plan.parameters.map(({ name, form, shape }) => {
      // A vector is stored flat: the two rows of a bias are blocks as others are.
      const stored = form === 'matrix' ? shape : [weights[name].length];
      return graph.arrays.weight(`${place}/${name}`, stored, weights[name]);
    });
  }

  add(returnSequences: boolean): Scan {
    const { plan, graph, body } = this;
    const { goBackwards } = this.layer.directions[this.direction];
    const roots = [...plan.newStates, plan.output];
    const order = reachable(plan.nodes, roots);
    const states = plan.states.map((name) => this.bodyInput(name, plan.units));
    this.scanInputs(order, roots);
    for (const id of order) this.evaluate(id, states);
    // Every output of a graph has a name of its own.
    const results = roots.map((id) => body.value('Identity', [this.row(id, states[0])]));
    const rowInfo = (name: string) => valueInfo(name, FLOAT, ['batch', plan.units]);
    const bodyGraph = graphOf(`${graph.prefix} step`, body.nodes, this.bodyInputs, results.map(rowInfo));
    const zeros = this.zeroState();
    const reverse = goBackwards ? 1 : 0;
    const outputs = graph.node(
      'Scan',
      [...plan.states.map(() => zeros), ...this.scanned],
      {
        body: { g: bodyGraph },
        num_scan_inputs: { i: this.scanned.length },
        scan_input_axes: { ints: this.scanned.map(() => 1) },
        scan_input_directions: { ints: this.scanned.map(() => reverse) },
        scan_output_axes: { ints: [1] },
        scan_output_directions: { ints: [reverse] },
      },
      plan.states.length + 1,
    );
    const scan = graph.lastNode;
    const weights = Object.fromEntries(plan.parameters.map(({ name }, i) => [name, this.weights[i]]));
    const output = returnSequences ? outputs[plan.states.length] : this.last(outputs, goBackwards);
    return { output, description: { scan, goBackwards, weights } };
  }

  /** The output of the step that is computed last. */
  private last(outputs: readonly string[], goBackwards: boolean): string {
    const state = outputState(this.plan);
    if (state !== undefined) return outputs[state];
    const { graph } = this;
    const index = graph.arrays.integers(goBackwards ? 0 : -1);
    return graph.value('Gather', [outputs[this.plan.states.length], index], { axis: { i: 1 } });
  }

  /** An input of the body, a row of each sequence. */
  private bodyInput(name: string, width: number): string {
    const own = this.graph.arrays.unique(`${this.body.prefix}/${name}`);
    this.bodyInputs.push(valueInfo(own, FLOAT, ['batch', width]));
    return own;
  }

  /** Adds what is read step by step: products of the input, and the input itself if an operation reads it. */
  private scanInputs(order: readonly number[], roots: readonly number[]): void {
    const { plan, graph } = this;
    const projections = plan.products.filter(isInputProjection);
    for (const product of projections) {
      this.scanned.push(graph.value('MatMul', [this.x, this.blocks(product)]));
      const row = this.bodyInput('projection', product.results.length * plan.units);
      this.results(product, row);
    }
    const readsInput = [...roots, ...order.flatMap((id) => this.operandsInLoop(id))].find(
      (id) => plan.nodes[id].kind === 'input',
    );
    if (readsInput === undefined && projections.length > 0) return;
    this.scanned.push(this.x);
    const row = this.bodyInput('x', plan.inputSize);
    if (readsInput !== undefined) this.set(readsInput, row, true);
  }

  /** The operands of a node that is computed step by step. */
  private operandsInLoop(id: number): readonly number[] {
    return this.values.has(id) ? [] : operandsOf(this.plan.nodes[id]);
  }

  /** The columns of a matrix parameter that a product multiplies. */
  private blocks({ parameter, firstBlock, results }: Product): string {
    const { blocks } = this.plan.parameters[parameter];
    const matrix = this.weights[parameter];
    if (results.length === blocks.length) return matrix;
    const { units } = this.plan;
    return this.graph.columns(matrix, firstBlock * units, (firstBlock + results.length) * units);
  }

  /** Names the blocks of a product's result. */
  private results({ results }: Product, value: string): void {
    const parts = this.body.split(value, results.length, 1);
    results.forEach((id, i) => {
      this.set(id, parts[i], true);
    });
  }

  private set(id: number, name: string, isBatched: boolean): void {
    this.values.set(id, name);
    if (isBatched) this.batched.add(id);
  }

  private evaluate(id: number, states: readonly string[]): void {
    if (this.values.has(id)) return;
    const node = this.plan.nodes[id];
    if (node.kind === 'state') this.set(id, states[node.state], true);
    else if (node.kind === 'vector') this.set(id, this.vector(node.parameter, node.block), false);
    else if (node.kind === 'constant') this.set(id, this.graph.arrays.scalar(node.value), false);
    else if (node.kind === 'product') {
      const product = this.plan.products.find(({ results }) => results.includes(id)) as Product;
      const operand = this.row(node.operand, states[0]);
      this.results(product, this.body.value('MatMul', [operand, this.blocks(product)]));
    } else if (node.kind === 'operation') {
      const inputs = node.inputs.map((input) => this.values.get(input) as string);
      const isBatched = node.inputs.some((input) => this.batched.has(input));
      this.set(id, addOperation(this.body, node.name, inputs), isBatched);
    }
  }

  private vector(parameter: number, block: number): string {
    const { blocks } = this.plan.parameters[parameter];
    const parts = this.vectors.get(parameter) ?? this.graph.split(this.weights[parameter], blocks.length, 0);
    this.vectors.set(parameter, parts);
    return parts[block];
  }

  /** A value with a row for each sequence. */
  private row(id: number, state: string): string {
    const value = this.values.get(id) as string;
    if (this.batched.has(id)) return value;
    return this.body.value('Expand', [value, this.body.value('Shape', [state])]);
  }

  /** Zeros `[batch, units]`. */
  private zeroState(): string {
    const { graph, plan } = this;
    const first = graph.arrays.integers([0]);
    const batch = graph.value('Gather', [graph.value('Shape', [this.x]), first], { axis: { i: 0 } });
    const shape = graph.value('Concat', [batch, graph.arrays.integers([plan.units])], { axis: { i: 0 } });
    return graph.value('ConstantOfShape', [shape]);
  }
}
