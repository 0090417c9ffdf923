/** Causal convolutions as TensorFlow.js computes them: zeros before the sequence, then a convolution without padding. */
import { ZeroPadding1D } from '../layers/zero-padding.js';
import { type Description, isRecord, type Spelling } from './description.js';

/** Options of the first layer of a model, which the padding layer becomes. */
const INPUT_OPTIONS = ['batchInputShape', 'inputShape', 'batchSize', 'dtype', 'inputDType'];

/**
 * The layers of a model with a padding layer before each causal Conv1D. Names and weights of the convolutions stay.
 * @param layers the descriptions of the layers of one model.
 */
export function padCausally(layers: readonly unknown[], spelling: Spelling): unknown[] {
  const names = new Set(layers.map((layer) => (isRecord(layer) ? nameOf(layer) : undefined)));
  return layers.flatMap((layer) => {
    if (!isRecord(layer) || !isCausal(layer, spelling)) return [layer];
    let name = `${nameOf(layer)}_padding`;
    while (names.has(name)) name += '_1';
    names.add(name);
    return splitCausal(layer, name, spelling);
  });
}

const nameOf = ({ name, config }: Description): unknown =>
  (isRecord(config) ? config.name : undefined) ?? name;

function isCausal(layer: Description, { className, key }: Spelling): boolean {
  const { config } = layer;
  return (
    layer[className] === 'Conv1D' &&
    isRecord(config) &&
    config.padding === 'causal' &&
    !/first/i.test(String(config[key('dataFormat')]))
  );
}

/** The padding layer and the convolution, which reads its output. */
function splitCausal(layer: Description, name: string, spelling: Spelling): [Description, Description] {
  const { className, key } = spelling;
  const config = layer.config as Description;
  const [size, dilation] = ['kernelSize', 'dilationRate'].map((option) => {
    const value = config[key(option)];
    return Number((Array.isArray(value) ? value[0] : value) ?? 1);
  });
  const ofInput = INPUT_OPTIONS.map(key).filter((option) => option in config);
  const inbound = key('inboundNodes');
  const calls = layer[inbound];
  const padding = {
    [className]: ZeroPadding1D.className,
    config: {
      name,
      padding: [dilation * (size - 1), 0],
      ...Object.fromEntries(ofInput.map((option) => [option, config[option]])),
    },
    ...('name' in layer && { name }),
    ...(Array.isArray(calls) && { [inbound]: calls }),
  };
  const convolution = {
    ...layer,
    config: {
      ...Object.fromEntries(Object.entries(config).filter(([option]) => !ofInput.includes(option))),
      padding: 'valid',
    },
    ...(Array.isArray(calls) && { [inbound]: calls.map((_, call) => [[name, call, 0, {}]]) }),
  };
  return [padding, convolution];
}
