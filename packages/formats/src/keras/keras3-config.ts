/** Keras 3's description of a model as Keras 2's, which TensorFlow.js reads. */
import { describe, FormatError } from '../bytes/format-error.js';
import { isRecord, type JsonRecord } from '../bytes/record.js';
import type { KerasObject } from '../data/layers.js';
import { ImplicitMasks, withoutUnusedMasks } from './implicit-masks.js';
import { childLayers, isKerasObject, isModel, layerName, MODEL_CLASSES } from './topology.js';

/** Recurrent classes: their further inputs are states. */
export const RECURRENT = /^(GRU|LSTM|SimpleRNN|RNN|Bidirectional|ConvLSTM\dD)$/;

/** Options that Keras 3 writes and TensorFlow.js does not know, with the values that change nothing. */
const WITHOUT_EFFECT: Readonly<Record<string, readonly unknown[]>> = {
  ragged: [false],
  optional: [false],
  quantization_config: [null],
  lora_rank: [null],
  lora_alpha: [null],
  rms_scaling: [false],
  synchronized: [false],
  use_cudnn: ['auto', true, false],
  build_input_shape: [],
  autocast: [true],
};

/**
 * @param isKeras3 whether the file is of Keras 3: there `hard_sigmoid` is x/6 + 0.5, before it was 0.2 x + 0.5.
 * @throws FormatError naming what Keras 2 cannot say.
 */
export function fromKeras3(model: KerasObject, isKeras3: boolean, file: string): KerasObject {
  const problems: string[] = [];
  const converted = convertModel(model, { isKeras3, file, problems });
  if (problems.length === 0) return converted;
  throw new FormatError(`${file}: ${[...new Set(problems)].slice(0, MAX_PROBLEMS).join('; ')}.`);
}

/** An error stays readable. */
const MAX_PROBLEMS = 20;

interface Context {
  readonly isKeras3: boolean;
  readonly file: string;
  /** What the JSON of Keras 2 cannot say, a text each. */
  readonly problems: string[];
  /** The models in the model that is converted. */
  readonly models?: readonly string[];
  readonly masks?: ImplicitMasks;
}

function convertModel(model: KerasObject, outer: Context): KerasObject {
  const children = childLayers(model, outer.file);
  const context = {
    ...outer,
    models: outer.isKeras3 ? children.filter(isModel).map(layerName) : [],
    masks: new ImplicitMasks(children),
  };
  const converted = children.map((layer) => convertLayer(layer, context));
  const config: JsonRecord = isRecord(model.config) ? model.config : {};
  const { input_layers: inputs, output_layers: outputs, name } = config;
  const layers = withoutUnusedMasks(converted, outputs);
  const className = MODEL_CLASSES.includes(model.class_name) ? model.class_name : 'Functional';
  return {
    class_name: className === 'Model' ? 'Functional' : className,
    config: {
      // Before Keras 2.2.3 a Sequential had no name.
      ...(name !== undefined && { name }),
      layers,
      ...(inputs !== undefined && { input_layers: toReferences(inputs, context) }),
      ...(outputs !== undefined && { output_layers: toReferences(outputs, context) }),
    },
  };
}

/** One reference `[layer, node, tensor]` or a list of them, as a list. Keras 3 nests them as the arguments were. */
function toReferences(value: unknown, context: Context): unknown[] {
  if (!Array.isArray(value)) {
    return isRecord(value) ? Object.values(value).flatMap((inner) => toReferences(inner, context)) : [];
  }
  if (typeof value[0] === 'string') return [toReference(value, context)];
  return value.flatMap((inner) => toReferences(inner, context));
}

/** Keras 2 and TensorFlow.js count the making of an inner model as its first call; Keras 3 does not. */
function toReference([layer, node, tensor]: readonly unknown[], { models = [] }: Context): unknown[] {
  return [layer, models.includes(layer as string) ? (node as number) + 1 : node, tensor];
}

function convertLayer(layer: KerasObject, context: Context): KerasObject {
  const { name, inbound_nodes: nodes } = layer as unknown as JsonRecord;
  const place = {
    ...(name !== undefined && { name }),
    ...(Array.isArray(nodes) && { inbound_nodes: nodes.map((node) => convertNode(node, layer, context)) }),
  };
  if (isModel(layer)) return { ...convertModel(layer, context), ...place } as KerasObject;
  const config = convertConfig(layer, context);
  return {
    class_name: isOperation(layer) ? operationClass(layer) : layer.class_name,
    config,
    ...place,
  } as KerasObject;
}

/** Whether a layer of a functional model is a function: `keras.ops.add(a, b)` or `a + b`. A `.h5` file does not name its module. */
function isOperation(layer: KerasObject): boolean {
  const { module, inbound_nodes: nodes } = layer as unknown as JsonRecord;
  if (typeof module === 'string') return /^keras\.src\.ops\./.test(module);
  const isLayer = 'trainable' in layer.config || 'dtype' in layer.config;
  return !isLayer && Array.isArray(nodes) && isRecord(nodes[0]);
}

/** Functions of two tensors that are layers too. A layer does not spread the smaller tensor over the larger one. */
const SAME_AS_LAYER = ['Add', 'Multiply', 'Maximum', 'Minimum'];

/** The class of a layer that does the same; else a name that no layer has, as a layer with the function's name may do something else. */
function operationClass(layer: KerasObject): string {
  const { class_name: className, inbound_nodes: nodes } = layer as KerasObject & { inbound_nodes?: unknown };
  const calls = Array.isArray(nodes) ? nodes : [];
  const isSame = calls.every((call) => {
    const args: unknown[] = isRecord(call) && Array.isArray(call.args) ? call.args : [];
    const shapes = args.map((arg) => (isKerasObject(arg) ? JSON.stringify(arg.config.shape) : undefined));
    return shapes.length === 2 && shapes[0] !== undefined && shapes[0] === shapes[1];
  });
  return SAME_AS_LAYER.includes(className) && isSame ? className : `keras.ops.${className}`;
}

function convertConfig({ class_name: className, config }: KerasObject, context: Context): JsonRecord {
  const converted: Record<string, unknown> = {};
  for (const [option, value] of Object.entries(config)) {
    if (Object.hasOwn(WITHOUT_EFFECT, option)) {
      const allowed = WITHOUT_EFFECT[option];
      if (allowed.length === 0 || allowed.includes(value)) continue;
    }
    if (option === 'dtype') converted.dtype = convertType(value, config, context);
    else if (option === 'batch_shape') converted.batch_input_shape = value;
    else if (/activation$/.test(option)) converted[option] = convertActivation(value, config, context);
    else converted[option] = convertValue(value, context);
  }
  if (className === 'LeakyReLU' && converted.alpha === undefined) {
    converted.alpha = converted.negative_slope;
    delete converted.negative_slope;
  }
  return converted;
}

/** The type of a layer's numbers. Weights of all float types become float32. */
function convertType(value: unknown, layer: JsonRecord, { problems }: Context): unknown {
  const policy = isRecord(value) ? value.class_name : undefined;
  const name = isRecord(value) && isRecord(value.config) ? value.config.name : value;
  if (policy !== undefined && policy !== 'DTypePolicy') {
    problems.push(`${layer.name} has quantised weights (${policy}), which Sluice does not read`);
  }
  return /float/.test(String(name)) ? 'float32' : name;
}

/** An activation by its name; functions are objects with a name. */
function convertActivation(value: unknown, layer: JsonRecord, { isKeras3, problems }: Context): unknown {
  const name = isRecord(value) && value.class_name === 'function' ? value.config : value;
  if (name === null || name === undefined) return 'linear';
  if (typeof name !== 'string') {
    problems.push(`${layer.name}: the activation ${describe(value)} is no function that Sluice knows`);
    return 'linear';
  }
  return isKeras3 && name === 'hard_sigmoid' ? 'hard_sigmoid_sixth' : name;
}

/** Objects keep their class and configuration; Keras 3 adds where the class comes from. */
function convertValue(value: unknown, context: Context): unknown {
  if (!isKerasObject(value)) return value;
  const isLayer =
    'units' in value.config || 'filters' in value.config || MODEL_CLASSES.includes(value.class_name);
  if (isLayer) return convertLayer(value, context);
  const config = Object.entries(value.config).filter(([name]) => !/^(input|output)_axes$/.test(name));
  return { class_name: value.class_name, config: Object.fromEntries(config) };
}

/** One call of a layer: Keras 3 stores its arguments, Keras 2 the tensors that go in. */
function convertNode(node: unknown, layer: KerasObject, context: Context): unknown {
  if (Array.isArray(node)) return node.map((reference) => withPlace(reference, context));
  if (!isRecord(node)) return node;
  const args = Array.isArray(node.args) ? node.args : [];
  const kwargs = isRecord(node.kwargs) ? node.kwargs : {};
  const isRecurrent = RECURRENT.test(layer.class_name);
  const refuse = (what: string) => {
    context.problems.push(
      `${layerName(layer)} is called with ${what}, which TensorFlow.js's models cannot hold`,
    );
  };
  if (isOperation(layer)) return tensorsIn(args, context).map((reference) => [...reference, {}]);
  const [first, ...others] = args;
  const tensors = tensorsIn(first, context);
  const states = isRecurrent ? tensorsIn([...others, kwargs.initial_state], context) : [];
  if (!isRecurrent && others.some((other) => other !== null)) refuse('several arguments');
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(kwargs)) {
    // A model of TensorFlow.js decides by itself whether it trains.
    if (value === null || (name === 'training' && value === false)) continue;
    if (name === 'initial_state' && isRecurrent) continue;
    // TensorFlow.js does not pass masks into models.
    if (name === 'mask' && !isModel(layer) && context.masks?.isCarried(value, first)) continue;
    if (tensorsIn(value, context).length > 0)
      refuse(name === 'mask' ? 'a mask that its input does not carry' : `a tensor as ${name}`);
    options[name] = value;
  }
  return [...tensors, ...states].map((reference) => [...reference, options]);
}

/** An argument in the list of Keras 2: a reference, then options. */
const withPlace = (reference: unknown, context: Context): unknown =>
  Array.isArray(reference) ? [...toReference(reference, context), ...reference.slice(3)] : reference;

/** The references to tensors in arguments, in order. */
function tensorsIn(value: unknown, context: Context): unknown[][] {
  if (Array.isArray(value)) return value.flatMap((inner) => tensorsIn(inner, context));
  if (!isRecord(value)) return [];
  const history =
    value.class_name === '__keras_tensor__' && isRecord(value.config)
      ? value.config.keras_history
      : undefined;
  if (Array.isArray(history)) return [toReference(history, context)];
  return Object.values(value).flatMap((inner) => tensorsIn(inner, context));
}
