/** Which of TensorFlow.js's layers Sluice replaces, in descriptions of models as files and `getConfig` hold them. */
import { MaskedAverage } from '../layers/masked-average.js';
import { ZeroPadding1D } from '../layers/zero-padding.js';
import type { LeftLayer, ReplacedLayer } from './acceleration.js';
import { padCausally } from './causal-convolutions.js';
import { type Description, isRecord, MODELS, type Spelling } from './description.js';
import { isOwnClass } from './known-classes.js';

/** The same model with Sluice's layers, and what became of each layer. */
export interface Mapping {
  readonly description: Description;
  readonly replaced: readonly ReplacedLayer[];
  readonly left: readonly LeftLayer[];
}

/**
 * Replaces the layers in a description of a model or layer. The description itself does not change.
 * @param isOfKeras whether the numbers are to be Keras's where TensorFlow.js's layer computes others.
 */
export function mapToSluice(description: Description, spelling: Spelling, isOfKeras = false): Mapping {
  const mapper = new Mapper(spelling, isOfKeras);
  const { className } = spelling;
  const mapped = mapper.layer({ ...description, [className]: description[className] }, '');
  return { description: mapped, replaced: mapper.replaced, left: mapper.left };
}

const CELLS: Readonly<Record<string, string>> = {
  GRU: 'SluiceGRU',
  GRUCell: 'SluiceGRU',
  LSTM: 'SluiceLSTM',
  LSTMCell: 'SluiceLSTM',
  SimpleRNN: 'SluiceSimpleRNN',
  SimpleRNNCell: 'SluiceSimpleRNN',
};

/** What `tf.layers` takes for an option that a description leaves out, where Sluice's default is another one. */
const TENSORFLOW_DEFAULTS: Readonly<Record<string, Description>> = {
  SluiceGRU: { resetAfter: false, recurrentActivation: 'hardSigmoid' },
  SluiceLSTM: { recurrentActivation: 'hardSigmoid' },
  SluiceSimpleRNN: {},
};

/** Options without effect on the result, or with one value that all layers have. */
const DROPPED = ['implementation', 'useCudnn', 'cell', 'seed'];

/** The options of TensorFlow.js's layers that Sluice's have too. */
const LAYER_OPTIONS = [
  'name',
  'trainable',
  'batchInputShape',
  'batchSize',
  'inputShape',
  'dtype',
  'inputDType',
];
const RECURRENT_OPTIONS = [
  ...LAYER_OPTIONS,
  ...['units', 'activation', 'recurrentActivation', 'useBias', 'resetAfter', 'unitForgetBias'],
  ...['kernel', 'recurrent', 'bias'].flatMap((group) =>
    ['Initializer', 'Regularizer', 'Constraint'].map((kind) => group + kind),
  ),
  ...['dropout', 'recurrentDropout', 'returnSequences', 'returnState', 'goBackwards', 'stateful', 'unroll'],
  'zeroOutputForMask',
];
const EMBEDDING_OPTIONS = [
  ...LAYER_OPTIONS,
  ...['inputDim', 'outputDim', 'maskZero', 'inputLength'],
  ...['embeddingsInitializer', 'embeddingsRegularizer', 'embeddingsConstraint'],
];

/** Activations that act on a whole row, or that Sluice does not have. */
const OTHER_ACTIVATIONS = ['softmax', 'logsoftmax', 'gelunew'];

/** A layer's class and configuration, and where it differs from TensorFlow.js's layer. */
interface Converted {
  readonly to: string;
  readonly config: Description;
  readonly difference?: string;
}

class Mapper {
  readonly replaced: ReplacedLayer[] = [];
  readonly left: LeftLayer[] = [];

  constructor(
    private readonly spelling: Spelling,
    private readonly isOfKeras: boolean,
  ) {}

  /** The description of a layer or model, with Sluice's layers. @param scope the names of the models around it. */
  layer(given: Description, scope: string): Description {
    const { className, key } = this.spelling;
    const name = given[className];
    const { config } = given;
    if (typeof name !== 'string') return given;
    if (MODELS.includes(name)) return { ...given, config: this.model(config, scope) };
    if (!isRecord(config)) return given;
    const path = scope + String(config.name ?? name);
    if (name === 'TimeDistributed' && isRecord(config[key('layer')])) {
      const inner = this.layer(config[key('layer')] as Description, `${path}/`);
      return { ...given, config: { ...config, [key('layer')]: inner } };
    }
    const mapped =
      this.replace(name, config, path) ??
      (isOwnClass(name) ? { reason: 'it is a class of your own' } : undefined);
    if (mapped === undefined) {
      // TensorFlow.js has only the older name.
      return config.activation === 'silu' ? { ...given, config: { ...config, activation: 'swish' } } : given;
    }
    if ('reason' in mapped) {
      this.left.push({ name: path, className: name, reason: mapped.reason });
      return given;
    }
    const { to, difference } = mapped;
    this.replaced.push({ name: path, from: name, to, ...(difference && { difference }) });
    return { ...given, [className]: mapped.to, config: mapped.config };
  }

  /** The configuration of a model: old Sequential models have a list of layers only. */
  private model(config: unknown, scope: string): unknown {
    const layers = isRecord(config) ? config.layers : config;
    if (!Array.isArray(layers)) return config;
    const mapped = padCausally(layers, this.spelling).map((layer) => {
      if (!isRecord(layer)) return layer;
      const isModel = MODELS.includes(String(layer[this.spelling.className]));
      const name = isRecord(layer.config) ? layer.config.name : layer.name;
      return this.layer(layer, isModel ? `${scope}${name ?? ''}/` : scope);
    });
    return isRecord(config) ? { ...config, layers: mapped } : mapped;
  }

  /** Sluice's class and configuration, or why the layer stays; undefined for layers that are not recurrent. */
  private replace(
    className: string,
    config: Description,
    path: string,
  ): Converted | { reason: string } | undefined {
    const { key, className: classKey } = this.spelling;
    if (className === 'Embedding') return this.convert('SluiceEmbedding', config, EMBEDDING_OPTIONS);
    if (className === 'ZeroPadding1D') return { to: ZeroPadding1D.className, config };
    // TensorFlow.js's layer counts padded steps too.
    if (className === 'GlobalAveragePooling1D' && this.isOfKeras) {
      return { to: MaskedAverage.className, config };
    }
    if (className === 'RNN') {
      const cell = config[key('cell')];
      const cellClass = isRecord(cell) ? String(cell[classKey]) : '';
      const to = CELLS[cellClass];
      if (to === undefined || !isRecord(cell) || !isRecord(cell.config)) {
        return { reason: `its cell is ${cellClass || 'of an unknown class'}, which Sluice does not have` };
      }
      return this.convert(to, { ...cell.config, ...config }, RECURRENT_OPTIONS);
    }
    if (className === 'Bidirectional') return this.bidirectional(config, path);
    const to = className.endsWith('Cell') ? undefined : CELLS[className];
    if (to !== undefined) return this.convert(to, config, RECURRENT_OPTIONS);
    if (/^(ConvLSTM2D|ConvRNN2D)$/.test(className)) {
      return { reason: 'a step multiplies by convolutions, which Sluice does not have' };
    }
    return undefined;
  }

  private bidirectional(config: Description, path: string): ReturnType<Mapper['replace']> {
    const { key, className } = this.spelling;
    const differences = new Set<string>();
    const convertInner = (name: string): Description | { reason: string } | undefined => {
      const inner = config[key(name)];
      if (!isRecord(inner) || !isRecord(inner.config)) return undefined;
      const mapped = this.replace(String(inner[className]), inner.config, path);
      if (mapped === undefined) return { reason: `it wraps ${inner[className]}, which Sluice does not have` };
      if ('reason' in mapped) return mapped;
      if (mapped.difference) differences.add(mapped.difference);
      return { [className]: mapped.to, config: mapped.config };
    };
    const layer = convertInner('layer');
    const backward = convertInner('backwardLayer');
    for (const inner of [layer, backward]) {
      if (inner && 'reason' in inner) return { reason: `of its inner layer: ${inner.reason}` };
    }
    return {
      to: 'SluiceBidirectional',
      ...(differences.size > 0 && { difference: [...differences].join(', ') }),
      config: {
        ...config,
        [key('layer')]: layer,
        ...(backward && { [key('backwardLayer')]: backward }),
        // tf.layers repeats the last output at padded steps.
        [key('zeroOutputForMask')]: config[key('zeroOutputForMask')] ?? false,
      },
    };
  }

  private convert(
    to: string,
    config: Description,
    options: readonly string[],
  ): Converted | { reason: string } {
    const { key } = this.spelling;
    const known = new Map(options.map((option) => [key(option), option]));
    const dropped = DROPPED.map(key);
    const kept: Record<string, unknown> = {};
    for (const [option, value] of Object.entries(config)) {
      if (known.has(option)) kept[option] = value;
      else if (value == null || dropped.includes(option)) continue;
      else if (option === key('timeMajor') && value === false) continue;
      else return { reason: `Sluice's layer has no option ${option}` };
    }
    for (const option of ['activation', 'recurrentActivation'].map(key)) {
      const activation = kept[option];
      const isOther =
        activation != null &&
        (typeof activation !== 'string' ||
          OTHER_ACTIVATIONS.includes(activation.toLowerCase().replaceAll('_', '')));
      if (isOther) {
        const name = typeof activation === 'string' ? `'${activation}'` : 'an object';
        return { reason: `its ${option} is ${name}, which is no function of single numbers in Sluice` };
      }
    }
    for (const [option, value] of Object.entries(TENSORFLOW_DEFAULTS[to] ?? {})) {
      kept[key(option)] ??= value;
    }
    const difference = describeDifference(to, (option) => kept[key(option)] != null);
    return { to, config: kept, ...(difference && { difference }) };
  }
}

/** What Sluice's layer does with options that TensorFlow.js's layer takes and ignores. */
function describeDifference(to: string, has: (option: string) => boolean): string {
  const groups = to === 'SluiceEmbedding' ? ['embeddings'] : ['kernel', 'recurrent', 'bias'];
  const hasAny = (kind: string) => groups.some((group) => has(group + kind));
  return [
    ...(to !== 'SluiceEmbedding' && hasAny('Regularizer') ? ['its regularizers count in the loss'] : []),
    ...(hasAny('Constraint') ? ['its constraints hold after every update'] : []),
  ].join(', ');
}
