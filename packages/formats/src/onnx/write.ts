/** Writes a chain of layers as an ONNX model of float32. */
import { FormatError } from '../bytes/format-error.js';
import { chainOf, type Step } from '../data/chain.js';
import type { WriteOptions, WrittenFiles } from '../data/format.js';
import type { ModelFile, RecurrentLayerData } from '../data/layers.js';
import { FLOAT, GraphBuilder, graphOf, INT64, ModelArrays, valueInfo } from './graph-builder.js';
import { MODEL } from './messages.js';
import { addOperator, operatorOf } from './operator-nodes.js';
import { addActivation } from './pointwise-nodes.js';
import { METADATA_KEY, type ScanLayer } from './scan-metadata.js';
import { addScan } from './scan-nodes.js';
import { encodeMessage } from './wire.js';

/** The lowest operator set with all operators used here: GRU-14, Squeeze-13. It came with version 7 of the format. */
const OPERATOR_SET = 14;
const FORMAT_VERSION = 7;

/**
 * Writes a model: its input is `input`, `[batch, timesteps, features]` or, for an Embedding, indices `[batch, timesteps]` of
 * int64; its output is `output`. Batch and timesteps are free. Every call starts from states of zeros; final states are no
 * outputs. GRU, LSTM and simple RNN are ONNX's operators; other cells, and options that these lack, become a Scan whose body
 * has the cell's equations. With `quantize: 'float16'` weights are stored in 16 bits, and the model converts them to float32.
 * @throws FormatError when the model is no chain of layers that ONNX has, naming all others.
 */
export function write(model: ModelFile, options: WriteOptions = {}): WrittenFiles {
  if (options.quantize === 'int8') {
    throw new FormatError("Weights in 8 bits are not written as ONNX. Choose quantize: 'float16', or none.");
  }
  const steps = chainOf(model, 'ONNX');
  const name = options.name ?? 'model';
  return new Map([[`${name}.onnx`, new ChainWriter(options).bytes(steps, name)]]);
}

class ChainWriter {
  private readonly arrays: ModelArrays;
  private readonly graph: GraphBuilder;
  private readonly scans: ScanLayer[] = [];
  /** The sizes of the current value; a text is a size that is free. */
  private sizes: (number | string)[] = [];

  constructor({ quantize }: WriteOptions) {
    this.arrays = new ModelArrays(quantize === 'float16');
    this.graph = new GraphBuilder(this.arrays);
  }

  bytes(steps: readonly Step[], name: string): Uint8Array {
    const isIndices = steps[0].kind === 'embedding';
    this.sizes = ['batch', 'timesteps', ...(isIndices ? [] : [inputSizeOf(steps[0])])];
    const input = this.arrays.unique('input');
    const output = this.arrays.unique('output');
    const inputInfo = valueInfo(input, isIndices ? INT64 : FLOAT, this.sizes);
    let value = input;
    for (const step of steps) value = this.step(step, value);
    this.graph.prefix = '';
    const [result] = this.graph.node('Identity', [value]);
    const nodes = [...this.arrays.casts, ...this.graph.nodes].map((node) =>
      node.output[0] === result ? { ...node, output: [output] } : node,
    );
    const outputInfo = valueInfo(output, FLOAT, this.sizes);
    const graph = graphOf(name, nodes, [inputInfo], [outputInfo], this.arrays.initializers);
    return encodeMessage(MODEL, {
      irVersion: FORMAT_VERSION,
      producerName: 'Sluice',
      graph,
      opsetImport: [{ domain: '', version: OPERATOR_SET }],
      ...(this.scans.length > 0 && {
        metadataProps: [{ key: METADATA_KEY, value: JSON.stringify(this.scans) }],
      }),
    });
  }

  private step(step: Step, value: string): string {
    this.graph.prefix = step.kind === 'recurrent' ? step.layer.name : step.name;
    switch (step.kind) {
      case 'embedding': {
        const [rows, width] = step.table.shape;
        const table = this.arrays.weight(`${step.name}/embeddings`, [rows, width], step.table.values);
        this.sizes = [...this.sizes, width];
        return this.graph.value('Gather', [table, value]);
      }
      case 'dense':
        return this.dense(step, value);
      case 'activation':
        return this.activation(step.activation, value);
      case 'flatten':
        this.sizes = ['batch', 'features'];
        return this.graph.value('Reshape', [value, this.arrays.integers([0, -1])]);
      case 'recurrent':
        return this.recurrent(step, value);
    }
  }

  private dense({ name, kernel, bias, activation }: Extract<Step, { kind: 'dense' }>, value: string): string {
    const [inputs, units] = kernel.shape;
    this.expectWidth(name, inputs);
    this.sizes = this.sizes.with(-1, units);
    const weights = this.arrays.weight(`${name}/kernel`, [inputs, units], kernel.values);
    const product = this.graph.value('MatMul', [value, weights]);
    const sum = bias
      ? this.graph.value('Add', [product, this.arrays.weight(`${name}/bias`, [units], bias.values)])
      : product;
    return this.activation(activation, sum);
  }

  private activation(setting: string, value: string): string {
    try {
      return addActivation(this.graph, setting, value);
    } catch (error) {
      throw new FormatError(`${this.graph.prefix}: ${(error as Error).message}`, { cause: error });
    }
  }

  private recurrent(step: Extract<Step, { kind: 'recurrent' }>, value: string): string {
    const { layer, returnSequences, inComputedOrder } = step;
    this.expectWidth(layer.name, layer.sizes.inputSize);
    if (this.sizes.length !== 3) {
      throw new FormatError(`${layer.name} needs a sequence, but the layer before it returns one row.`);
    }
    const operator = operatorOf(layer);
    const outputs = operator
      ? { values: addOperator(this.graph, layer, operator, value, returnSequences), width: layer.sizes.units }
      : this.scan(layer, value, returnSequences);
    const mode = layer.mergeMode ?? 'concat';
    const merged = this.merge(outputs.values, mode);
    const width = outputs.width * (mode === 'concat' ? outputs.values.length : 1);
    this.sizes = returnSequences ? this.sizes.with(-1, width) : ['batch', width];
    return returnSequences && inComputedOrder ? this.reversed(merged) : merged;
  }

  private scan(layer: RecurrentLayerData, value: string, returnSequences: boolean) {
    const both = layer.directions.map((_, direction) =>
      addScan(this.graph, layer, direction, value, returnSequences),
    );
    const { name, cell, sizes, mergeMode, call } = layer;
    const directions = both.map(({ description }) => description);
    this.scans.push({ name, cell, sizes, ...(mergeMode && { mergeMode }), call, directions });
    return { values: both.map(({ output }) => output), width: both[0].width };
  }

  private merge(values: readonly string[], mode: 'concat' | 'sum' | 'ave' | 'mul'): string {
    if (values.length === 1) return values[0];
    if (mode === 'concat') return this.graph.value('Concat', values, { axis: { i: -1 } });
    const merged = this.graph.value(mode === 'mul' ? 'Mul' : 'Add', values);
    return mode === 'ave' ? this.graph.value('Mul', [merged, this.arrays.scalar(0.5)]) : merged;
  }

  /** A sequence from its last step to its first. */
  private reversed(value: string): string {
    // The end lies before the first step; the smallest integer of 32 bits is enough for any sequence.
    const limits = [[-1], [-(2 ** 31)], [1], [-1]].map((list) => this.arrays.integers(list));
    return this.graph.value('Slice', [value, ...limits]);
  }

  private expectWidth(name: string, inputs: number): void {
    const given = this.sizes.at(-1);
    if (given === inputs || given === 'features') return;
    throw new FormatError(
      `${name} reads rows of ${inputs}, but the layer before it gives rows of ${given}. The model's layers must be a chain.`,
    );
  }
}

/** The number of features that the first step reads. */
function inputSizeOf(step: Step): number | string {
  if (step.kind === 'recurrent') return step.layer.sizes.inputSize;
  return step.kind === 'dense' ? step.kernel.shape[0] : 'features';
}
