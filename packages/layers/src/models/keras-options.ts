/** Options of Keras's layers that TensorFlow.js's layers of the same name read past. */
import { serialization } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { leavesOf } from './acceleration.js';
import { type Description, isRecord } from './description.js';

type Check = (value: unknown) => boolean;

const isZero: Check = (value) => value == null || value === 0;
const isFalse: Check = (value) => value == null || value === false;
const isOne: Check = (value) => value == null || value === 1;
const isChannelsLast: Check = (value) => value == null || value === 'channels_last';

const POOLING = { keepdims: isFalse, data_format: isChannelsLast };

/** With these values both compute the same. */
const SAME: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  ReLU: { negative_slope: isZero, threshold: isZero },
  ELU: { alpha: isOne },
  GlobalAveragePooling1D: POOLING,
  SluiceGlobalAveragePooling1D: POOLING,
  GlobalMaxPooling1D: POOLING,
  MaxPooling1D: POOLING,
  AveragePooling1D: POOLING,
  SluiceZeroPadding1D: { data_format: isChannelsLast },
  Conv1D: { groups: isOne, data_format: isChannelsLast },
  LayerNormalization: { rms_scaling: isFalse },
};

/**
 * Checks the options of all layers of a model.
 * @param description in snake case, as files hold it.
 * @param file the name of the file, for errors.
 * @throws Error naming every option that TensorFlow.js does not have.
 */
export function refuseUnknownKerasOptions(description: Description, file: string): void {
  const problems: string[] = [];
  const visit = (value: unknown, scope: string): void => {
    if (!isRecord(value) || !isRecord(value.config)) return;
    const { class_name: className, config } = value;
    const path = scope + String(config.name ?? className);
    const checks = Object.hasOwn(SAME, String(className)) ? SAME[String(className)] : {};
    for (const [option, isSame] of Object.entries(checks)) {
      if (!isSame(config[option]))
        problems.push(`${path} (${className}) has ${option} ${JSON.stringify(config[option])}`);
    }
    const { activation } = config;
    const isSluices = String(className).startsWith('Sluice');
    if (!isSluices && typeof activation === 'string' && !hasActivation(activation)) {
      problems.push(`${path} (${className}) has the activation ${activation}`);
    }
    for (const layer of Array.isArray(config.layers) ? config.layers : [config.layer]) {
      visit(layer, value === description ? '' : `${path}/`);
    }
  };
  visit(description, '');
  if (problems.length === 0) return;
  throw new Error(
    `${file}: TensorFlow.js's layers do not have these options: ${problems.join('; ')}. Change these layers in Keras, then save the model again.`,
  );
}

/** Whether TensorFlow.js has an activation, which it registers in camel case. */
function hasActivation(name: string): boolean {
  const { classNameMap } = serialization.SerializationMap.getMap();
  const inCamelCase = name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return [name, inCamelCase].some((known) => Object.hasOwn(classNameMap, known));
}

/**
 * Checks that BatchNormalization is over the last axis: of another one TensorFlow.js computes wrong numbers.
 * @throws Error naming the layers with another axis.
 */
export function refuseOtherAxes(model: LayersModel, file: string): void {
  const others = leavesOf(model).flatMap(([path, layer]) => {
    const [node] = layer.inboundNodes;
    if (layer.getClassName() !== 'BatchNormalization' || !node) return [];
    // Keras 2 saves a list of one.
    const axis = Number((layer as unknown as { axis: number | number[] }).axis);
    const last = node.inputTensors[0].shape.length - 1;
    return axis === -1 || axis === last ? [] : [`${path} (axis ${axis})`];
  });
  if (others.length === 0) return;
  throw new Error(
    `${file}: TensorFlow.js computes a BatchNormalization over the last axis only, not that of ${others.join(', ')}. ` +
      'In Keras, put a Permute before and after it, and save the model again.',
  );
}
