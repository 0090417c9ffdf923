/** Walks through the layers of a model, each call once, and applies their rules. */
import type { Block, Signal } from '@sluice/core/network';
import type { KerasObject, LayerData, ModelFile } from '@sluice/formats';
import { BlockNames } from '../block-names.js';
import { activationLayers } from './activation-layers.js';
import { type ApplyBlock, type Flow, LayerCall, type LayerRule, MAX_COUNT } from './layer-call.js';
import { recurrentLayer } from './recurrent-layers.js';
import { shapeLayers } from './shape-layers.js';
import { weightedLayers } from './weighted-layers.js';

const RULES: Readonly<Record<string, LayerRule>> = { ...weightedLayers, ...activationLayers, ...shapeLayers };
const MODELS: readonly string[] = ['Sequential', 'Model', 'Functional'];
const RECURRENT: readonly string[] = ['SimpleRNN', 'GRU', 'LSTM', 'RNN', 'Bidirectional'];

/** The class names of layers that streams know, in order; cells of Sluice's own are known too. */
export const knownLayers = (): string[] =>
  [...Object.keys(RULES), ...RECURRENT, ...MODELS, 'InputLayer', 'TimeDistributed'].sort();

/** Layers of which TimeDistributed makes the layer itself: they compute each position alone. */
const POSITIONWISE: readonly string[] = [
  ...['Dense', 'Activation', 'Dropout', 'ReLU', 'LeakyReLU', 'ELU', 'Softmax', 'LayerNormalization'],
  'BatchNormalization',
];

type Use = (name: string, block: Block, input: Signal) => Signal;
type Json = Readonly<Record<string, unknown>>;

/** A tensor of a model: the layer, which of its calls, and which output. */
type Reference = readonly [layer: string, call: number, output: number];

const nameOf = ({ config, ...layer }: KerasObject): string =>
  String(config?.name ?? (layer as Json).name ?? layer.class_name);

const isModel = ({ class_name: name }: KerasObject): boolean => MODELS.includes(name);

const isDescription = (value: unknown): value is KerasObject => {
  const layer = value as Partial<KerasObject> | null;
  return typeof layer?.class_name === 'string' && typeof layer.config === 'object' && layer.config !== null;
};

/** The layers of a model; old Sequential models have a list in place of a configuration. */
const layersIn = ({ config }: KerasObject): readonly KerasObject[] => {
  const list: unknown = Array.isArray(config) ? config : config.layers;
  if (Array.isArray(list) && list.every(isDescription)) return list;
  throw new TypeError('The model must have a list of layers, each with a class_name and a config.');
};

const MAX_NAMED = 30;
const MAX_DEPTH = 50;

export class ModelRun {
  readonly weights = new Map<string, Float32Array>();
  readonly notes: string[] = [];
  readonly inputShapes: readonly { readonly name: string; readonly shape: readonly number[] }[];
  private readonly problems: string[] = [];
  private readonly data: ReadonlyMap<string, LayerData>;
  private readonly calls = new Map<string, number>();
  private readonly names = new BlockNames();
  private use: Use = () => {
    throw new Error('the network is not being built');
  };

  constructor(
    model: ModelFile,
    private readonly topology: KerasObject,
    private readonly timesteps: number,
  ) {
    this.data = new Map(model.layers.map((layer) => [layer.name, layer] as const));
    this.inputShapes = this.findInputs(topology);
    this.throwProblems();
  }

  /**
   * The outputs of the model.
   * @throws TypeError naming every layer that cannot be taken.
   */
  run(inputs: readonly Flow[], use: Use): { name: string; flow: Flow }[] {
    this.use = use;
    const flows = this.model(this.topology, inputs, '', 0);
    this.throwProblems();
    if (flows.length === 0 || flows.some(({ flow }) => flow === null))
      throw new TypeError('The model has no outputs.');
    return flows.map(({ name, flow }) => ({ name, flow: flow as Flow }));
  }

  private throwProblems(): void {
    if (this.problems.length === 0) return;
    const named = this.problems.slice(0, MAX_NAMED).join('; ');
    const rest = this.problems.length - MAX_NAMED;
    throw new TypeError(
      `No stream can take ${this.problems.length} of the model's layers: ${named}${rest > 0 ? `; and ${rest} more` : ''}.`,
    );
  }

  /** The shapes of the model's inputs for one frame. */
  private findInputs(model: KerasObject): { name: string; shape: number[] }[] {
    const layers = layersIn(model);
    const [first] = layers;
    if (first !== undefined && model.class_name === 'Sequential') {
      if (isModel(first)) return this.findInputs(first);
      return [{ name: nameOf(first), shape: this.frameShape(nameOf(first), first.config) }];
    }
    return referencesIn(model.config.input_layers).map(([name]) => {
      const layer = layers.find((own) => nameOf(own) === name);
      return { name, shape: this.frameShape(name, layer?.config ?? {}) };
    });
  }

  /** The shape of an input for one frame; the first of two axes is time. */
  private frameShape(name: string, config: Json): number[] {
    const given = config.batch_input_shape ?? config.batch_shape ?? config.input_shape;
    const shape = Array.isArray(given)
      ? given.slice('input_shape' in config && given === config.input_shape ? 0 : 1)
      : [];
    const features: unknown = shape.at(-1);
    const isCount =
      Number.isSafeInteger(features) && (features as number) >= 1 && (features as number) <= MAX_COUNT;
    if (shape.length === 2 && isCount) return [this.timesteps, features as number];
    if (shape.length === 1 && features === null) return [this.timesteps];
    if (shape.length === 1 && isCount) return [features as number];
    this.problems.push(
      `${name}: its input has the shape ${JSON.stringify(given)}; known are [batch, time, features] and [batch, features]`,
    );
    return [1];
  }

  /** The outputs of a model; null for those that depend on a layer that cannot be taken. */
  private model(
    model: KerasObject,
    inputs: readonly (Flow | null)[],
    path: string,
    depth: number,
  ): { readonly name: string; readonly flow: Flow | null }[] {
    if (depth > MAX_DEPTH)
      throw new TypeError(`The models in the model are nested more than ${MAX_DEPTH} deep.`);
    const layers = layersIn(model);
    if (model.class_name === 'Sequential') {
      let flow = inputs[0] ?? null;
      for (const layer of layers) flow = this.layer(layer, [flow], path, depth)[0] ?? null;
      return [{ name: nameOf(layers.at(-1) ?? model), flow }];
    }
    const byName = new Map(layers.map((layer) => [nameOf(layer), layer] as const));
    const skipped = skippedCalls(model);
    const results = new Map<string, readonly (Flow | null)[] | undefined>();
    referencesIn(model.config.input_layers).forEach(([name], i) => {
      results.set(`${name} 0`, [inputs[i] ?? null]);
    });
    const flowOf = ([name, call, output]: Reference): Flow | null => {
      const key = `${name} ${call}`;
      if (!results.has(key)) {
        results.set(key, undefined);
        const layer = byName.get(name);
        const node = layer && callsOf(layer)[call - (skipped.get(name) ?? 0)];
        if (layer === undefined || node === undefined)
          throw new TypeError(`The model has no layer ${name} with a call ${call}.`);
        if (hasArguments(node))
          this.problems.push(`${path}${name}: it is called with arguments besides its inputs`);
        results.set(key, this.layer(layer, referencesIn(node).map(flowOf), path, depth));
      }
      const found = results.get(key);
      if (found === undefined) throw new TypeError(`The layer ${name} reads its own output.`);
      return found[output] ?? null;
    };
    return referencesIn(model.config.output_layers).map((reference) => ({
      name: reference[0],
      flow: flowOf(reference),
    }));
  }

  private layer(
    layer: KerasObject,
    inputs: readonly (Flow | null)[],
    path: string,
    depth: number,
  ): readonly (Flow | null)[] {
    const own = path + nameOf(layer);
    if (layer.class_name === 'InputLayer') return [inputs[0] ?? null];
    if (isModel(layer)) return this.model(layer, inputs, `${own}/`, depth + 1).map(({ flow }) => flow);
    const data = this.data.get(own);
    const rule = ruleOf(layer, data);
    if (rule === undefined) {
      this.problems.push(`${own}: ${layer.class_name} is no layer of streams`);
      return [null];
    }
    if (inputs.length === 0) {
      this.problems.push(`${own} (${layer.class_name}): it has no inputs`);
      return [null];
    }
    const flows = inputs.filter((flow) => flow !== null);
    if (flows.length < inputs.length) return [null];
    const count = (this.calls.get(own) ?? 0) + 1;
    this.calls.set(own, count);
    const name = this.names.unique(count === 1 ? own : `${own} (call ${count})`);
    const inner = layer.class_name === 'TimeDistributed' ? (layer.config.layer as KerasObject) : layer;
    const note = (reason: string) => this.notes.push(`${own} computes from each frame alone: ${reason}.`);
    try {
      return [rule(new LayerCall(inner, flows, data, this.applyAs(name), note))];
    } catch (error) {
      this.problems.push(`${own} (${layer.class_name}): ${(error as Error).message.replace(/\.$/, '')}`);
      return [null];
    }
  }

  private applyAs(name: string): ApplyBlock {
    return (block, input, weights = {}, part) => {
      const full = part === undefined ? name : `${name}.${part}`;
      for (const [parameter, values] of Object.entries(weights)) {
        this.weights.set(`${full}.${parameter}`, Float32Array.from(values));
      }
      return this.use(full, block, input);
    };
  }
}

/** The rule of a layer; undefined for one that streams lack. */
function ruleOf(layer: KerasObject, data: LayerData | undefined): LayerRule | undefined {
  if (data?.kind === 'recurrent') return (call) => recurrentLayer(call, data);
  const { class_name: className, config } = layer;
  if (className !== 'TimeDistributed') return Object.hasOwn(RULES, className) ? RULES[className] : undefined;
  const inner = (config.layer as KerasObject | undefined)?.class_name;
  return inner !== undefined && POSITIONWISE.includes(inner) ? RULES[inner] : undefined;
}

const callsOf = (layer: KerasObject): readonly unknown[] => {
  const { inbound_nodes: nodes } = layer as { inbound_nodes?: unknown };
  return Array.isArray(nodes) ? nodes : [];
};

/**
 * By how much the numbers of a layer's calls are too large. The first call of a model in a model is its own, which is not stored,
 * so its calls are counted from 1.
 */
function skippedCalls(model: KerasObject): ReadonlyMap<string, number> {
  const layers = layersIn(model);
  const references = [...layers.flatMap(callsOf), model.config.output_layers].flatMap(referencesIn);
  const skipped = new Map<string, number>();
  for (const layer of layers.filter(isModel)) {
    const name = nameOf(layer);
    const isBeyond = references.some(([own, call]) => own === name && call >= callsOf(layer).length);
    skipped.set(name, isBeyond ? 1 : 0);
  }
  return skipped;
}

/** Whether a call of a layer has arguments, such as initial states, besides its inputs. */
function hasArguments(node: unknown): boolean {
  if (!Array.isArray(node)) return false;
  if (typeof node[0] !== 'string') return node.some(hasArguments);
  const given = Object.entries((node[3] ?? {}) as Json);
  return given.some(([name, value]) => value !== null && name !== 'training');
}

/** The tensors in a description: one, `["conv", 0, 0]`, or any list of such ones. */
function referencesIn(value: unknown): Reference[] {
  if (!Array.isArray(value)) return [];
  if (typeof value[0] === 'string') {
    return [[value[0], Number(value[1] ?? 0), Number(value[2] ?? 0)]];
  }
  return value.flatMap(referencesIn);
}
