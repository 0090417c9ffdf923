/** Reads an ONNX file: every recurrent node of its graphs, other nodes with weights, and notes on the rest. */
import { FormatError } from '../bytes/format-error.js';
import type { OpenedSource } from '../bytes/source.js';
import type { LayerData, ModelFile, RecurrentLayerData } from '../data/layers.js';
import type { FileTensor } from '../data/tensor.js';
import { describeNode, Folder, isStandard } from './fold.js';
import { initialStateNotes } from './initial-states.js';
import type { FunctionProto, GraphProto, ModelProto, NodeProto, TensorProto } from './messages.js';
import { openGraph } from './open-graph.js';
import { OtherLayers } from './other-layers.js';
import { isRecurrent, readRecurrent } from './recurrent.js';
import { isScanWeight, METADATA_KEY, readScan, type ScanLayers, scanLayers } from './scan-metadata.js';
import { Scope } from './scope.js';
import { usedNames } from './tensors.js';

/** Visits of nodes; a function that functions call many times is visited as often. */
const MAX_VISITS = 250_000;
const MAX_CALLS = 50;
/** The layers that one error names. */
const MAX_NAMED = 20;

/**
 * Reads an ONNX file. Weights that the graph cuts, joins or converts before a node uses them are computed.
 * @throws FormatError naming every recurrent node whose weights are not constant or whose options no cell has.
 */
export async function read(source: OpenedSource): Promise<ModelFile> {
  const { model, graph, arrays, size } = await openGraph(source);
  return new GraphReading(model, arrays, size, source.name).result(graph);
}

class GraphReading {
  private readonly folder: Folder;
  private readonly layers: LayerData[] = [];
  private readonly notes: string[] = [];
  private readonly refused: string[] = [];
  /** The nodes that are layers. */
  private readonly taken = new Set<NodeProto>();
  private readonly seen = new Set<NodeProto>();
  private readonly listed = new Set<object>();
  private readonly bySignature = new Map<string, RecurrentLayerData[]>();
  /** The names of all values that are read. */
  private readonly used: ReadonlySet<string>;
  private readonly functions: ReadonlyMap<string, FunctionProto>;
  private readonly scans: ScanLayers;
  private visits = 0;

  constructor(
    private readonly model: ModelProto,
    private readonly arrays: ReadonlyMap<TensorProto, FileTensor | undefined>,
    size: number,
    private readonly file: string,
  ) {
    this.folder = new Folder(arrays, size);
    this.scans = scanLayers(model, file);
    this.used = usedNames(model);
    this.functions = new Map(
      model.functions.map((own) => [functionKey(own.domain, own.name, own.overload), own] as const),
    );
  }

  result(graph: GraphProto): ModelFile {
    this.visitAll(Scope.ofGraph(graph), '', 0);
    if (this.refused.length > 0) {
      const named = this.refused.slice(0, MAX_NAMED).join('; ');
      const rest = this.refused.length - MAX_NAMED;
      const more = rest > 0 ? `; and ${rest} more` : '';
      throw new FormatError(`${this.file}: these layers cannot be read: ${named}${more}.`);
    }
    const { producerName, producerVersion } = this.model;
    const producer = [producerName, producerVersion].filter(Boolean).join(' ');
    const tensors = [...this.arrays].flatMap(([tensor, array]) => (tensor.name && array ? [array] : []));
    return {
      format: 'onnx',
      ...(producer && { producer }),
      layers: this.layers,
      tensors,
      notes: [...this.notes, ...this.closingNotes(graph)],
    };
  }

  private visitAll(scope: Scope, path: string, calls: number): void {
    const others = new OtherLayers(scope, this.folder);
    scope.nodes.forEach((node, i) => {
      this.countVisit();
      this.seen.add(node);
      const own = node.name || `${node.opType}_${i}`;
      const name = path ? `${path}/${own.replace(/^\/+/, '')}` : own;
      if (isStandard(node) && isRecurrent(node)) this.recurrent(node, scope, name);
      else if (isStandard(node) && node.opType === 'Scan' && this.scan(node, scope)) return;
      else if (this.isForeignRecurrent(node)) {
        this.refused.push(
          `${name}: ${node.opType} is an operator of ${node.domain}, not of ONNX; read the model from before it was ` +
            'optimised or quantised',
        );
      } else this.other(node, scope, others, name);
      this.visitInner(node, scope, name, calls);
    });
  }

  /** Whether the node is a recurrent layer of a runtime, such as onnxruntime's DynamicQuantizeLSTM. */
  private isForeignRecurrent(node: NodeProto): boolean {
    return !isStandard(node) && /LSTM|GRU|RNN/.test(node.opType ?? '') && !this.calledFunction(node);
  }

  private calledFunction(node: NodeProto): FunctionProto | undefined {
    return node.domain ? this.functions.get(functionKey(node.domain, node.opType, node.overload)) : undefined;
  }

  private countVisit(): void {
    if (++this.visits > MAX_VISITS)
      throw new FormatError(`${this.file}: it has more than ${MAX_VISITS} nodes.`);
  }

  /** Subgraphs, and the body of a function that the node calls. */
  private visitInner(node: NodeProto, scope: Scope, path: string, calls: number): void {
    for (const { name, g, graphs } of node.attribute) {
      for (const graph of g ? [g, ...graphs] : graphs) {
        this.visitAll(Scope.ofGraph(graph, scope), `${path}/${name}`, calls);
      }
    }
    const called = this.calledFunction(node);
    if (!called) return;
    if (calls === MAX_CALLS)
      throw new FormatError(`${this.file}: its functions call each other ${MAX_CALLS} deep.`);
    this.taken.add(node);
    this.visitAll(scope.ofCall(called, node), path, calls + 1);
  }

  private recurrent(node: NodeProto, scope: Scope, path: string): void {
    this.taken.add(node);
    this.attempt(`${path} (${node.opType})`, () => {
      for (const layer of readRecurrent(node, scope, path, this.folder, this.used, this.file))
        this.add(layer);
      this.notes.push(...initialStateNotes(node, scope, path, this.folder));
    });
  }

  /** Whether the node is a cell that Sluice wrote as a Scan. */
  private scan(node: NodeProto, scope: Scope): boolean {
    const described = this.scans.layers.get(node.name ?? '');
    if (!described) {
      this.notes.push(
        `${describeNode(node)} is a loop over time made of single operations; it is not read as a cell.`,
      );
      return false;
    }
    this.taken.add(node);
    const [first] = described.directions;
    if (first.scan === node.name) {
      this.attempt(`${described.name} (Scan)`, () => {
        this.layers.push(readScan(described, scope, this.folder, this.file));
      });
    }
    return true;
  }

  private other(node: NodeProto, scope: Scope, others: OtherLayers, path: string): void {
    // The products of the input lie before the Scan of a cell.
    if (node.input.some((name) => isScanWeight(name, scope, this.scans))) {
      this.taken.add(node);
      return;
    }
    const found = others.find(node, path);
    if (!found) return;
    for (const part of found.nodes) this.taken.add(part);
    // A layer that is used twice, as in an unrolled loop, is listed once.
    const [{ values }] = found.layer.weights;
    if (!this.listed.has(values)) this.layers.push(found.layer);
    this.listed.add(values);
  }

  private attempt(name: string, readLayer: () => void): void {
    try {
      readLayer();
    } catch (error) {
      this.refused.push(`${name}: ${(error as Error).message}`);
    }
  }

  /** Adds a layer, unless the same one is there: exporters write a layer into both branches of an If. */
  private add(layer: RecurrentLayerData): void {
    const signature = signatureOf(layer);
    const alike = this.bySignature.get(signature) ?? [];
    this.bySignature.set(signature, alike);
    const twin = alike.find((other) => haveSameWeights(other, layer));
    if (twin) this.notes.push(`${layer.name} has the weights of ${twin.name}; it is listed once.`);
    else {
      this.layers.push(layer);
      alike.push(layer);
    }
  }

  private closingNotes(graph: GraphProto): string[] {
    const notes: string[] = [];
    const hasRecurrent = this.layers.some(({ kind }) => kind === 'recurrent');
    if (!hasRecurrent) {
      notes.push(
        'The file has no node GRU, LSTM or RNN. A recurrence that the exporter wrote as single operations is not recognised; ' +
          'with PyTorch, export with dynamo=False.',
      );
    }
    const counts = new Map<string, number>();
    for (const node of this.seen) {
      if (this.taken.has(node) || this.folder.folded.has(node) || node.opType === 'Constant') continue;
      const name = isStandard(node) ? (node.opType ?? '') : `${node.domain}.${node.opType}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    if (counts.size > 0) {
      const list = [...counts].map(([name, count]) => `${count} ${name}`).join(', ');
      notes.push(`Also in the graph: ${list}. They are not read.`);
    }
    const unread = [...this.arrays].filter(([, array]) => !array).map(([{ name }]) => name || 'a constant');
    if (unread.length > 0) notes.push(`Of types that are not read: ${unread.join(', ')}.`);
    const entries = this.model.metadataProps.map(({ key = '' }) => key).filter((key) => key !== METADATA_KEY);
    if (entries.length > 0) notes.push(`The entries ${entries.join(', ')} of its metadata are not read.`);
    if (graph.sparseInitializer.length > 0) {
      notes.push(`${graph.sparseInitializer.length} sparse arrays are not read.`);
    }
    return notes;
  }
}

const functionKey = (domain = '', name = '', overload = ''): string =>
  JSON.stringify([domain, name, overload]);

/** A text that is the same for layers that are the same, and seldom for others. */
function signatureOf({ cell, sizes, directions }: RecurrentLayerData): string {
  const samples = directions.map(({ goBackwards, weights: { kernel } }) => [
    goBackwards,
    ...kernel.subarray(0, 8),
    kernel.at(-1),
  ]);
  return JSON.stringify([cell, sizes, samples]);
}

function haveSameWeights(a: RecurrentLayerData, b: RecurrentLayerData): boolean {
  return a.directions.every(({ weights }, i) =>
    Object.entries(weights).every(([name, values]) => {
      const others = b.directions[i].weights[name];
      return values.every((value, j) => Object.is(value, others[j]));
    }),
  );
}
