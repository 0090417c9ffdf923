/** A canonical description of a model as Keras 3 reads it. */
import { FormatError } from '../bytes/format-error.js';
import { isRecord, type JsonRecord } from '../bytes/record.js';
import type { KerasObject } from '../data/layers.js';
import { hasMasks, MASKED_AVERAGE } from './inner-models.js';
import { RECURRENT } from './keras3-config.js';
import { childLayers, isKerasObject, isModel, layerName } from './topology.js';

/** Options of TensorFlow.js and Keras 2 that Keras 3 refuses; they change no result. */
const DROPPED = [
  ...['time_major', 'implementation', 'input_length', 'batch_size', 'input_dtype', 'input_shape'],
  ...['batch_input_shape', 'num_constants', 'sparse'],
];

/** What Keras 3 cannot hold, a text each; some things matter only where steps are padded. */
type Problems = string[] & { readonly hasMasks: boolean };

/**
 * @throws FormatError naming everything that Keras 3 cannot hold.
 */
export function toKeras3(model: KerasObject): KerasObject {
  const problems: Problems = Object.assign([] as string[], { hasMasks: hasMasks(model) });
  const converted = convertModel(model, problems);
  if (problems.length > 0) throw new FormatError(`Keras cannot hold this model: ${problems.join('; ')}.`);
  return converted;
}

function convertModel(model: KerasObject, problems: Problems): KerasObject {
  const children = childLayers(model, 'the model');
  const models = children.filter(isModel).map(layerName);
  const layers = children.map((layer) => convertLayer(layer, models, problems));
  const [first] = childLayers(model, 'the model');
  const shape = first?.config.batch_input_shape;
  const needsInput =
    model.class_name === 'Sequential' && first?.class_name !== 'InputLayer' && Array.isArray(shape);
  const input = {
    module: 'keras.layers',
    class_name: 'InputLayer',
    config: { batch_shape: shape, dtype: 'float32', name: `${layerName(first)}_input` },
    registered_name: null,
  };
  return {
    module: 'keras',
    // Keras exports no name for its class Functional; Model makes one.
    class_name: model.class_name === 'Sequential' ? 'Sequential' : 'Model',
    config: {
      ...countCalls(model.config, models),
      layers: needsInput ? [input, ...layers] : layers,
    },
    registered_name: null,
  } as unknown as KerasObject;
}

/** Without the making of an inner model, which Keras 2 counts as its first call. */
function countCalls<Value>(value: Value, models: readonly string[]): Value {
  if (!Array.isArray(value)) {
    if (!isRecord(value)) return value;
    const { input_layers: inputs, output_layers: outputs, ...rest } = value;
    return {
      ...rest,
      ...(inputs !== undefined && { input_layers: countCalls(inputs, models) }),
      ...(outputs !== undefined && { output_layers: countCalls(outputs, models) }),
    } as Value;
  }
  const [layer, node, ...others] = value;
  if (typeof layer !== 'string') return value.map((inner) => countCalls(inner, models)) as Value;
  return (models.includes(layer) ? [layer, node - 1, ...others] : value) as Value;
}

function convertLayer(layer: KerasObject, models: readonly string[], problems: Problems): JsonRecord {
  const { name, inbound_nodes: given } = layer as unknown as JsonRecord;
  const nodes = Array.isArray(given) ? countCalls(given, models) : given;
  const isRecurrent = RECURRENT.test(layer.class_name);
  const place = {
    ...(name !== undefined && { name }),
    ...(Array.isArray(nodes) && { inbound_nodes: isRecurrent ? nodes.map(withInitialStates) : nodes }),
  };
  if (isModel(layer)) return { ...convertModel(layer, problems), ...place };
  const className = layer.class_name === MASKED_AVERAGE ? 'GlobalAveragePooling1D' : layer.class_name;
  if (className.startsWith('Sluice')) {
    problems.push(`${layerName(layer)} is a ${className}, which Keras does not have`);
  }
  if (className.startsWith('keras.ops.')) {
    problems.push(`${layerName(layer)} is a function, ${className}, whose arguments are not kept`);
  }
  const config = convertConfig(layer, problems);
  return { module: 'keras.layers', class_name: className, config, registered_name: null, ...place };
}

/** A call of a recurrent layer: further tensors are its initial states, which Keras 3 takes by name. */
function withInitialStates(node: unknown): unknown {
  if (!Array.isArray(node) || node.length < 2) return node;
  const [x, ...states] = node.map((reference) => ({
    class_name: '__keras_tensor__',
    config: { shape: [null], dtype: 'float32', keras_history: reference.slice(0, 3) },
  }));
  return { args: [x], kwargs: { initial_state: states } };
}

function convertConfig(layer: KerasObject, problems: Problems): JsonRecord {
  const { class_name: className, config } = layer;
  const converted: Record<string, unknown> = {};
  for (const [option, value] of Object.entries(config)) {
    if (DROPPED.includes(option)) continue;
    if (/activation$/.test(option)) converted[option] = convertActivation(value, layer, problems);
    else if (isKerasObject(value)) converted[option] = convertValue(value, problems);
    else converted[option] = value;
  }
  if (className === 'InputLayer') converted.batch_shape = config.batch_input_shape;
  if (className === 'Bidirectional') {
    const inner = config.layer;
    const sequences = isKerasObject(inner) && inner.config.return_sequences === true;
    if (problems.hasMasks && config.zero_output_for_mask !== sequences) {
      problems.push(`${layerName(layer)} repeats its outputs at padded steps, where Keras has zeros`);
    }
    delete converted.zero_output_for_mask;
  }
  if (className === 'LeakyReLU') {
    converted.negative_slope = converted.alpha;
    delete converted.alpha;
  }
  return converted;
}

/** Wrapped layers and cells; initializers and the like stay as they are. */
function convertValue(value: KerasObject, problems: Problems): unknown {
  const isLayer = isModel(value) || ['units', 'filters', 'layer'].some((name) => name in value.config);
  if (isLayer) return convertLayer(value, [], problems);
  const seedless = Object.entries(value.config).filter(([name, option]) => name !== 'seed' || option != null);
  return { ...value, config: Object.fromEntries(seedless) };
}

function convertActivation(value: unknown, layer: KerasObject, problems: Problems): unknown {
  if (value === 'hard_sigmoid_sixth') return 'hard_sigmoid';
  if (value === 'hard_sigmoid') {
    problems.push(`${layerName(layer)} has the hard sigmoid 0.2 x + 0.5; Keras 3 has x / 6 + 0.5 only`);
  }
  if (isRecord(value)) problems.push(`${layerName(layer)} has an activation with parameters`);
  return value;
}
