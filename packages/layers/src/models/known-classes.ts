/** The classes that a description of a model names: TensorFlow.js's, Sluice's and those that users registered. */
import { serialization } from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { type Description, isRecord, MODELS, type Spelling } from './description.js';

const TENSORFLOW_LAYERS = new Set([
  ...[
    'InputLayer',
    'Activation',
    'Dense',
    'Dropout',
    'Embedding',
    'Flatten',
    'Masking',
    'Permute',
    'RepeatVector',
    'Reshape',
  ],
  ...['ReLU', 'LeakyReLU', 'PReLU', 'ELU', 'ThresholdedReLU', 'Softmax', 'SpatialDropout1D'],
  ...[
    'Conv1D',
    'Conv2D',
    'Conv2DTranspose',
    'Conv3D',
    'Conv3DTranspose',
    'DepthwiseConv2D',
    'SeparableConv2D',
  ],
  ...['Cropping2D', 'UpSampling2D', 'ZeroPadding2D', 'BatchNormalization', 'LayerNormalization'],
  ...['Add', 'Multiply', 'Average', 'Maximum', 'Minimum', 'Concatenate', 'Dot'],
  ...['GaussianNoise', 'GaussianDropout', 'AlphaDropout'],
  ...[
    'MaxPooling1D',
    'MaxPooling2D',
    'MaxPooling3D',
    'AveragePooling1D',
    'AveragePooling2D',
    'AveragePooling3D',
  ],
  ...['GlobalAveragePooling1D', 'GlobalAveragePooling2D', 'GlobalMaxPooling1D', 'GlobalMaxPooling2D'],
  ...['RNN', 'SimpleRNN', 'GRU', 'LSTM', 'ConvLSTM2D', 'Bidirectional', 'TimeDistributed'],
  ...['Rescaling', 'CenterCrop', 'CategoryEncoding', 'Resizing', 'RandomWidth'],
]);

/** Whether a layer's class is neither TensorFlow.js's nor Sluice's. */
export const isOwnClass = (className: string): boolean =>
  !TENSORFLOW_LAYERS.has(className) && !className.startsWith('Sluice');

/** Whether a layer or a cell is registered. Keras's layer Identity has the name of TensorFlow.js's initializer. */
function isLayer(className: string): boolean {
  const { classNameMap } = serialization.SerializationMap.getMap();
  const [registered] = Object.hasOwn(classNameMap, className) ? classNameMap[className] : [];
  return (
    registered !== undefined && (registered as { prototype?: unknown }).prototype instanceof layers.Layer
  );
}

/**
 * Checks that the classes of all layers are registered.
 * @param source the start of the message: the name of a file, or of the function that was called.
 * @throws Error naming all that are not.
 */
export function refuseUnknownClasses(description: Description, spelling: Spelling, source: string): void {
  const unknown = new Map<string, string>();
  const visit = (value: unknown, scope: string): void => {
    if (!isRecord(value)) return;
    const { [spelling.className]: className, config } = value;
    const name = isRecord(config) ? String(config.name ?? className) : String(className);
    if (typeof className === 'string' && !isLayer(className)) {
      unknown.set(scope + name, className);
    }
    if (className === 'Conv1D' && isRecord(config) && config.padding === 'causal') {
      unknown.set(scope + name, 'Conv1D with causal padding');
    }
    // Old Sequential models have a list of layers only.
    const layers = isRecord(config) ? config.layers : config;
    const isOutermost = value === description && MODELS.includes(String(className));
    const inner = Array.isArray(layers) ? layers : isRecord(config) ? [config.layer, config.cell] : [];
    for (const layer of inner) visit(layer, isOutermost ? '' : `${scope}${name}/`);
  };
  visit(description, '');
  if (unknown.size === 0) return;
  const list = [...unknown].map(([name, className]) => `${name} (${className})`).join(', ');
  throw new Error(
    `${source}: TensorFlow.js has no class for these layers: ${list}. Replace layers of Keras by others in Keras; register your own with tf.serialization.registerClass before loading.`,
  );
}
