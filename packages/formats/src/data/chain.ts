/** A model as a chain of steps, each of which reads the output of the one before. A format for chains holds nothing else. */
import { FormatError } from '../bytes/format-error.js';
import { isRecord, type JsonRecord } from '../bytes/record.js';
import type { KerasObject, LayerData, ModelFile, OtherLayerData, RecurrentLayerData } from './layers.js';
import type { FileTensor } from './tensor.js';

/** One step of a chain. */
export type Step =
  | { readonly kind: 'embedding'; readonly name: string; readonly table: FileTensor }
  | {
      readonly kind: 'recurrent';
      readonly layer: RecurrentLayerData;
      readonly returnSequences: boolean;
      /** Whether the sequence is returned in the order of computation, as Keras does. */
      readonly inComputedOrder: boolean;
    }
  | {
      readonly kind: 'dense';
      readonly name: string;
      readonly kernel: FileTensor;
      readonly bias: FileTensor | undefined;
      readonly activation: string;
    }
  | { readonly kind: 'activation'; readonly name: string; readonly activation: string }
  | { readonly kind: 'flatten'; readonly name: string };

/**
 * The steps of a model: those of its topology, or its layers one after the other if it has none. Without a topology only the
 * last recurrent layer may return its last output alone, and Dense layers have no activation.
 * @param format the format's name, for errors: `ONNX`.
 * @throws FormatError naming all layers that cannot be written.
 */
export function chainOf(model: ModelFile, format: string): Step[] {
  const problems: string[] = [];
  const steps = model.topology
    ? topologySteps(model.topology, model, problems)
    : model.layers.flatMap((layer, i) => layerStep(layer, model.layers.slice(i + 1), problems));
  if (problems.length > 0) {
    throw new FormatError(
      `The model cannot be written as ${format}: ${problems.join('; ')}. A chain of Embedding, recurrent, Bidirectional, Dense, ` +
        'TimeDistributed(Dense), Activation, Dropout and Flatten layers can be. Weights alone can be written as safetensors.',
    );
  }
  if (steps.some(({ kind }) => kind === 'recurrent')) return steps;
  throw new FormatError(`The model cannot be written as ${format}: it has no recurrent layer.`);
}

function layerStep(layer: LayerData, later: readonly LayerData[], problems: string[]): Step[] {
  if (layer.kind === 'other') return otherStep(layer, 'linear', problems);
  const feedsAnother = later.some(({ kind }) => kind === 'recurrent');
  return recurrentStep(layer, feedsAnother || layer.call.returnSequences === true, false, problems);
}

function recurrentStep(
  layer: RecurrentLayerData,
  returnSequences: boolean,
  inComputedOrder: boolean,
  problems: string[],
): Step[] {
  if (layer.call.stateful)
    problems.push(`${layer.name} is stateful, but the written model starts from zeros each time`);
  if (layer.mergeMode === null)
    problems.push(`${layer.name} does not merge its directions (mergeMode is null)`);
  return [{ kind: 'recurrent', layer, returnSequences, inComputedOrder }];
}

function otherStep(
  { name, className, weights }: OtherLayerData,
  activation: string,
  problems: string[],
): Step[] {
  const [first, bias] = weights;
  if (className === 'Embedding' && first) return [{ kind: 'embedding', name, table: first }];
  if (className === 'Dense' && first) return [{ kind: 'dense', name, kernel: first, bias, activation }];
  problems.push(`${name} is a layer ${className}`);
  return [];
}

function topologySteps(topology: KerasObject, model: ModelFile, problems: string[]): Step[] {
  const { config } = topology as { config: unknown };
  const listed = isRecord(config) ? config.layers : config;
  if (!Array.isArray(listed)) {
    problems.push(`${topology.class_name} has no list of layers`);
    return [];
  }
  const layers = listed.filter(isRecord);
  if (topology.class_name !== 'Sequential') checkChain(layers, problems);
  return layers.flatMap((layer) => topologyStep(layer, model, problems));
}

/** Of a functional model, every layer must read the one listed before it. */
function checkChain(layers: readonly JsonRecord[], problems: string[]): void {
  layers.forEach((layer, i) => {
    const inbound = JSON.stringify(layer.inbound_nodes ?? []);
    const before = layers[i - 1]?.name;
    const expected =
      i === 0 ? /^\[\]$/ : new RegExp(`^\\[\\[\\["${escaped(String(before))}",0,0(,\\{.*\\})?\\]\\]\\]$`);
    if (!expected.test(inbound)) problems.push(`${layer.name} does not read the layer before it alone`);
  });
}

const escaped = (name: string): string => name.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

function topologyStep(given: JsonRecord, model: ModelFile, problems: string[]): Step[] {
  const className = String(given.class_name);
  const config = isRecord(given.config) ? given.config : {};
  const name = String(config.name ?? className);
  const found = model.layers.find((layer) => layer.name === name);
  if (found?.kind === 'recurrent') {
    const inOrder = found.directions.length === 1 && found.directions[0].goBackwards;
    return recurrentStep(found, found.call.returnSequences === true, inOrder, problems);
  }
  switch (className) {
    case 'InputLayer':
    case 'Dropout':
    case 'SpatialDropout1D':
      return [];
    case 'Flatten':
      return [{ kind: 'flatten', name }];
    case 'Activation':
      return [{ kind: 'activation', name, activation: activationOf(config, name, problems) }];
    case 'TimeDistributed': {
      const inner = isRecord(config.layer) ? config.layer : {};
      if (inner.class_name !== 'Dense') break;
      const own = isRecord(inner.config) ? inner.config : {};
      return weightedStep([name, String(own.name)], own, model, problems);
    }
    case 'Embedding':
      if (config.mask_zero)
        problems.push(`${name} masks steps (mask_zero), which the written model would not`);
      return weightedStep([name], {}, model, problems);
    case 'Dense':
      return weightedStep([name], config, model, problems);
  }
  problems.push(`${name} is a layer ${className}`);
  return [];
}

/** The step of a layer whose weights are listed under one of the names. */
function weightedStep(
  names: readonly string[],
  config: JsonRecord,
  model: ModelFile,
  problems: string[],
): Step[] {
  const layer = model.layers.find(({ name, kind }) => kind === 'other' && names.includes(name));
  if (layer?.kind === 'other') {
    const inner = layer.className === 'TimeDistributed' ? { ...layer, className: 'Dense' } : layer;
    return otherStep(inner, activationOf(config, names[0], problems), problems);
  }
  problems.push(`${names[0]} has no weights`);
  return [];
}

function activationOf({ activation }: JsonRecord, name: string, problems: string[]): string {
  if (activation === undefined || activation === null) return 'linear';
  if (typeof activation === 'string') return activation;
  problems.push(`${name} has an activation that is no name`);
  return 'linear';
}
