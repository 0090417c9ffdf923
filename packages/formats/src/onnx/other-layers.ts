/** Nodes with weights that are layers of Keras: Dense, Embedding, Conv1D, Conv2D. */
import type { OtherLayerData } from '../data/layers.js';
import type { FileTensor } from '../data/tensor.js';
import { type Folder, isStandard } from './fold.js';
import { integerAttribute } from './fold-shapes.js';
import type { NodeProto } from './messages.js';
import type { Scope } from './scope.js';
import { type Constant, stridesOf, takeStrided } from './strided.js';

/** A layer and the nodes that it is made of. */
export interface OtherLayer {
  readonly layer: OtherLayerData;
  readonly nodes: readonly NodeProto[];
}

/** A node's constants: the bias may be in the node that adds it. */
interface Found {
  readonly className: string;
  readonly weights: Readonly<Record<string, Constant | undefined>>;
  readonly others?: readonly NodeProto[];
}

/** Finds the layers among the nodes of one graph. */
export class OtherLayers {
  /** The nodes that read a value, by its name. */
  private readonly readers = new Map<string, NodeProto[]>();

  constructor(
    private readonly scope: Scope,
    private readonly folder: Folder,
  ) {
    for (const node of scope.nodes) {
      for (const name of new Set(node.input)) {
        const known = this.readers.get(name);
        if (known) known.push(node);
        else this.readers.set(name, [node]);
      }
    }
  }

  /** The layer that a node is, if it is one. */
  find(node: NodeProto, path: string): OtherLayer | undefined {
    const found = isStandard(node) ? this.match(node) : undefined;
    if (!found) return undefined;
    const { className, weights, others = [] } = found;
    const tensors = Object.entries(weights).flatMap(([name, weight]): FileTensor[] =>
      weight ? [{ ...weight, name }] : [],
    );
    return { layer: { kind: 'other', name: path, className, weights: tensors }, nodes: [node, ...others] };
  }

  private match(node: NodeProto): Found | undefined {
    switch (node.opType) {
      case 'MatMul':
        return this.matMul(node);
      case 'Gemm':
        return this.gemm(node);
      case 'Gather':
        return this.embedding(node);
      case 'Conv':
        return this.convolution(node);
      default:
        return undefined;
    }
  }

  private constant(node: NodeProto, i: number): Constant | undefined {
    const name = node.input[i];
    return name ? this.folder.tryEvaluate({ name, scope: this.scope }) : undefined;
  }

  private matMul(node: NodeProto): Found | undefined {
    const kernel = this.constant(node, 1);
    if (kernel?.shape.length !== 2 || this.constant(node, 0)) return undefined;
    const readers = this.readers.get(node.output[0]) ?? [];
    const [add] = readers;
    if (readers.length === 1 && add.opType === 'Add') {
      const bias = this.constant(add, add.input[0] === node.output[0] ? 1 : 0);
      if (bias?.shape.length === 1 && bias.shape[0] === kernel.shape[1]) {
        return { className: 'Dense', weights: { kernel, bias }, others: [add] };
      }
    }
    return { className: 'Dense', weights: { kernel } };
  }

  private gemm(node: NodeProto): Found | undefined {
    const attributes = this.scope.attributesOf(node);
    const stored = this.constant(node, 1);
    const isPlain =
      (attributes.get('alpha')?.f ?? 1) === 1 &&
      (attributes.get('beta')?.f ?? 1) === 1 &&
      integerAttribute(attributes, 'transA', 0) === 0;
    if (stored?.shape.length !== 2 || !isPlain || this.constant(node, 0)) return undefined;
    const kernel = integerAttribute(attributes, 'transB', 0) ? this.reorder(stored, [1, 0]) : stored;
    const bias = this.constant(node, 2);
    if (node.input[2] && (bias?.shape.length !== 1 || bias.shape[0] !== kernel.shape[1])) return undefined;
    return { className: 'Dense', weights: { kernel, bias } };
  }

  private embedding(node: NodeProto): Found | undefined {
    const embeddings = this.constant(node, 0);
    const axis = integerAttribute(this.scope.attributesOf(node), 'axis', 0);
    const isTable = embeddings?.shape.length === 2 && embeddings.type.includes('float') && axis === 0;
    if (!isTable || this.constant(node, 1)) return undefined;
    return { className: 'Embedding', weights: { embeddings } };
  }

  /** ONNX stores `[filters, channels, …sizes]`, Keras `[…sizes, channels, filters]`. */
  private convolution(node: NodeProto): Found | undefined {
    const stored = this.constant(node, 1);
    const bias = this.constant(node, 2);
    const rank = stored?.shape.length ?? 0;
    if (!stored || (rank !== 3 && rank !== 4) || (node.input[2] && !bias)) return undefined;
    const kernel = this.reorder(stored, rank === 3 ? [2, 1, 0] : [2, 3, 1, 0]);
    return { className: `Conv${rank - 2}D`, weights: { kernel, bias } };
  }

  /** The array with its axes in another order. */
  private reorder(source: Constant, order: readonly number[]): Constant {
    const strides = stridesOf(source.shape);
    const shape = order.map((axis) => source.shape[axis]);
    const reordered = order.map((axis) => strides[axis]);
    return takeStrided(source, shape, reordered, 0, (elements) => this.folder.reserve(elements));
  }
}
