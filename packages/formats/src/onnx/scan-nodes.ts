/** Any cell as a Scan, ONNX's loop over time: the body is derived from the cell's plan. */
import { cellFrom, type Plan, planFor } from '@sluice/core';
import { isInputProjection, operandsOf, outputState, type Product, reachable } from '@sluice/core/backend';
import type { RecurrentLayerData } from '../data/layers.js';
import { FLOAT, GraphBuilder, graphOf, valueInfo } from './graph-builder.js';
import type { ValueInfo } from './messages.js';
import { addOperation } from './pointwise-nodes.js';
import { addRowOperation } from './row-nodes.js';
import type { ScanDirection } from './scan-metadata.js';

/** One direction of a layer. */
interface Scan {
  /** `[batch, timesteps, width]`, each output at the position of its input; or of the last step `[batch, width]`. */
  readonly output: string;
  readonly width: number;
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
  /** The states before the step, in the body. */
  private states: readonly string[] = [];
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
    const widths = [...plan.stateWidths, plan.outputWidth];
    this.states = plan.states.map((name, i) => this.bodyInput(name, plan.stateWidths[i]));
    this.scanProjections();
    const order = this.stepByStep(roots);
    this.scanInput(order);
    for (const id of order) this.evaluate(id);
    // Every output of a graph has a name of its own.
    const results = roots.map((id, i) => body.value('Identity', [this.row(id, widths[i])]));
    const infos = results.map((name, i) => valueInfo(name, FLOAT, ['batch', widths[i]]));
    const bodyGraph = graphOf(`${graph.prefix} step`, body.nodes, this.bodyInputs, infos);
    const reverse = goBackwards ? 1 : 0;
    const outputs = graph.node(
      'Scan',
      [...this.zeroStates(), ...this.scanned],
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
    return { output, width: plan.outputWidth, description: { scan, goBackwards, weights } };
  }

  /** The output of the step that is computed last. */
  private last(outputs: readonly string[], goBackwards: boolean): string {
    const { graph, plan } = this;
    const state = outputState(plan);
    if (state !== undefined) return outputs[state];
    const index = graph.arrays.integers(goBackwards ? 0 : -1);
    return graph.value('Gather', [outputs[plan.states.length], index], { axis: { i: 1 } });
  }

  /** An input of the body, a row of each sequence. */
  private bodyInput(name: string, width: number): string {
    const own = this.graph.arrays.unique(`${this.body.prefix}/${name}`);
    this.bodyInputs.push(valueInfo(own, FLOAT, ['batch', width]));
    return own;
  }

  /** Adds the products of the input, which the loop reads step by step. */
  private scanProjections(): void {
    const { plan, graph } = this;
    for (const product of plan.products.filter(isInputProjection)) {
      const { start, width } = product.operand;
      const rows = width === plan.inputSize ? this.x : graph.part(this.x, start, start + width, 2);
      this.scanned.push(graph.value('MatMul', [rows, this.matrix(product)]));
      this.results(product, this.bodyInput('projection', product.columns));
    }
  }

  /** Adds the input itself if an operation reads it. A Scan needs at least one value that it reads. */
  private scanInput(order: readonly number[]): void {
    const { plan } = this;
    const input = order.find((id) => plan.nodes[id].kind === 'input');
    if (input === undefined && this.scanned.length > 0) return;
    this.scanned.push(this.x);
    const row = this.bodyInput('x', plan.inputSize);
    if (input !== undefined) this.set(input, row, true);
  }

  /** The values that are computed step by step, operands first. */
  private stepByStep(roots: readonly number[]): number[] {
    const needed = new Set(roots);
    for (const id of reachable(this.plan.nodes, roots).reverse()) {
      if (!needed.has(id) || this.values.has(id)) continue;
      for (const operand of operandsOf(this.plan.nodes[id])) needed.add(operand);
    }
    return [...needed].sort((a, b) => a - b);
  }

  /** The part of a matrix parameter by which a product multiplies. */
  private matrix({ parameter, firstRow, rows, firstColumn, columns }: Product): string {
    const { graph } = this;
    const [allRows, allColumns] = this.plan.parameters[parameter].shape;
    const whole = this.weights[parameter];
    const inRows = rows === allRows ? whole : graph.part(whole, firstRow, firstRow + rows, 0);
    return columns === allColumns ? inRows : graph.part(inRows, firstColumn, firstColumn + columns, 1);
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

  private evaluate(id: number): void {
    if (this.values.has(id)) return;
    const { plan, body } = this;
    const node = plan.nodes[id];
    if (node.kind === 'product') {
      const product = plan.products.find(({ results }) => results.includes(id)) as Product;
      this.results(product, body.value('MatMul', [this.row(node.operand), this.matrix(product)]));
    } else if (node.kind === 'operation') {
      const inputs = node.inputs.map((input) => this.values.get(input) as string);
      const isBatched = node.inputs.some((input) => this.batched.has(input));
      this.set(id, addOperation(body, node.name, inputs), isBatched);
    } else if (node.kind === 'vector') this.set(id, this.vector(node.parameter, node.block), false);
    else if (node.kind === 'constant') this.set(id, this.graph.arrays.scalar(node.value), false);
    else this.set(id, this.rowOf(node), true);
  }

  /** The rows of a state, of a row operation, or of rows that are cut or put together. */
  private rowOf(node: Plan['nodes'][number]): string {
    const { plan, body } = this;
    switch (node.kind) {
      case 'state':
        return this.states[node.state];
      case 'rowOperation': {
        const { name, operand, parts } = node;
        return addRowOperation(body, name, this.row(operand), plan.widths[operand], parts);
      }
      case 'slice':
        return body.part(this.row(node.operand), node.start, node.start + node.width, 1);
      case 'concat':
        return body.value(
          'Concat',
          node.inputs.map((input) => this.row(input)),
          { axis: { i: 1 } },
        );
      default:
        throw new Error(`${node.kind} is not part of a cell's equations`);
    }
  }

  private vector(parameter: number, block: number): string {
    const { blocks } = this.plan.parameters[parameter];
    const parts = this.vectors.get(parameter) ?? this.graph.split(this.weights[parameter], blocks.length, 0);
    this.vectors.set(parameter, parts);
    return parts[block];
  }

  /** A value as rows `[batch, width]`. */
  private row(id: number, width = this.plan.widths[id]): string {
    const value = this.values.get(id) as string;
    if (this.batched.has(id) && width === this.plan.widths[id]) return value;
    return this.body.value('Expand', [value, this.shape(this.body, this.states[0], width)]);
  }

  /** Zeros `[batch, width]` for each state. */
  private zeroStates(): string[] {
    const zeros = new Map<number, string>();
    return this.plan.stateWidths.map((width) => {
      const known =
        zeros.get(width) ?? this.graph.value('ConstantOfShape', [this.shape(this.graph, this.x, width)]);
      zeros.set(width, known);
      return known;
    });
  }

  /** The shape `[batch, width]`. @param value a value whose first axis is the batch. */
  private shape(graph: GraphBuilder, value: string, width: number): string {
    const first = graph.arrays.integers([0]);
    const batch = graph.value('Gather', [graph.value('Shape', [value]), first], { axis: { i: 0 } });
    return graph.value('Concat', [batch, graph.arrays.integers([width])], { axis: { i: 0 } });
  }
}
