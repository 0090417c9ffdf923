import {
  type Cell,
  cellFrom,
  cells,
  type GruOptions,
  type JsonObject,
  type LstmOptions,
  type ParameterShape,
  type SimpleRnnOptions,
  type SruOptions,
} from '@sluice/core';
import { serialization } from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { jsonFromText, textFromJson } from './config-text.js';
import type { RecurrentArgs } from './recurrent-args.js';
import { RecurrentLayer } from './recurrent-layer.js';

export interface SimpleRnnArgs extends RecurrentArgs, SimpleRnnOptions {}

/** See `gru`; `resetAfter` is true unless given, as in Keras. */
export interface GruArgs extends RecurrentArgs, GruOptions {}

export interface LstmArgs extends RecurrentArgs, LstmOptions {
  /** Whether the forget gate's bias starts from 1 (Jozefowicz et al. 2015). Default true. */
  unitForgetBias?: boolean;
}

export interface SruArgs extends RecurrentArgs, SruOptions {}

export interface RnnArgs extends RecurrentArgs {
  /** A cell from the catalogue or made with `defineCell`; one of your own needs `registerCell` to be loaded again. */
  cell: Cell | SavedCell;
}

interface SavedCell {
  name: string;
  /** The cell's options as `textFromJson` writes them. */
  options: string;
}

/** The given ones among a cell's options: saved models hold null for those that were not. */
function given<Options extends object>(args: Options, keys: readonly (keyof Options)[]): Partial<Options> {
  return Object.fromEntries(
    keys.flatMap((key) => (args[key] == null ? [] : [[key, args[key]]])),
  ) as Partial<Options>;
}

export class SimpleRnn extends RecurrentLayer {
  static readonly className = 'SluiceSimpleRNN';

  constructor(args: SimpleRnnArgs) {
    super('simple_rnn', cells.simpleRnn(given<SimpleRnnOptions>(args, ['activation', 'useBias'])), args);
  }
}

export class Gru extends RecurrentLayer {
  static readonly className = 'SluiceGRU';

  constructor(args: GruArgs) {
    const keys = ['activation', 'recurrentActivation', 'resetAfter', 'update', 'useBias'] as const;
    super('gru', cells.gru({ resetAfter: true, ...given<GruOptions>(args, keys) }), args);
  }
}

export class Lstm extends RecurrentLayer {
  static readonly className = 'SluiceLSTM';
  private readonly unitForgetBias: boolean;

  constructor(args: LstmArgs) {
    const keys = ['activation', 'recurrentActivation', 'peephole', 'useBias'] as const;
    super('lstm', cells.lstm(given<LstmOptions>(args, keys)), args);
    this.unitForgetBias = args.unitForgetBias ?? true;
  }

  protected override blockValues(parameter: ParameterShape): Readonly<Record<string, number | undefined>> {
    return this.unitForgetBias ? super.blockValues(parameter) : {};
  }

  protected override cellConfig(): Readonly<Record<string, unknown>> {
    return { ...super.cellConfig(), unitForgetBias: this.unitForgetBias };
  }
}

/** Where asappresearch/sru starts: weights of variance 1 / inputSize, vectors of variance 1/2. */
const SRU_INITIALIZERS = {
  kernel: 'leCunUniform',
  recurrent: { className: 'RandomUniform', config: { minval: -Math.sqrt(1.5), maxval: Math.sqrt(1.5) } },
} as const;

export class Sru extends RecurrentLayer {
  static readonly className = 'SluiceSRU';

  constructor(args: SruArgs) {
    const light = ['version', 'highway', 'activation', 'rescale', 'highwayBias'] as const;
    const cell = cells.sru(given<SruOptions>(args, [...light, 'recurrence', 'useBias']));
    super('sru', cell, args, args.recurrence === 'full' ? {} : SRU_INITIALIZERS);
  }
}

/** A function is most often a factory whose call was forgotten, an object without these a cell of TensorFlow.js. */
function checkedCell(cell: unknown): Cell | SavedCell {
  const { name, parameters, options } = (typeof cell === 'object' ? (cell ?? {}) : {}) as Record<
    string,
    unknown
  >;
  if (typeof name === 'string' && (typeof parameters === 'function' || typeof options === 'string')) {
    return cell as Cell | SavedCell;
  }
  const given =
    typeof cell === 'string'
      ? `'${cell}'`
      : typeof cell === 'function'
        ? `the function ${cell.name} (call it: ${cell.name}())`
        : cell instanceof layers.Layer
          ? `a ${cell.getClassName()} of TensorFlow.js`
          : String(cell);
  throw new TypeError(`rnn: cell must be a cell made by defineCell or cells.gru(), but is ${given}.`);
}

export class Rnn extends RecurrentLayer {
  static readonly className = 'SluiceRNN';

  constructor(args: RnnArgs) {
    const cell = checkedCell(args.cell);
    const made =
      'parameters' in cell
        ? cell
        : cellFrom({ name: cell.name, options: jsonFromText(cell.options) as JsonObject });
    super('rnn', made, { ...args, cell: made } as RnnArgs);
  }

  protected override cellConfig(): Readonly<Record<string, unknown>> {
    return { cell: { name: this.cell.name, options: textFromJson(this.cell.options) } };
  }
}

for (const layer of [SimpleRnn, Gru, Lstm, Sru, Rnn]) serialization.registerClass(layer);

/** A layer of simple recurrent units (Elman 1990): Keras's `SimpleRNN`. */
export const simpleRNN = (args: SimpleRnnArgs): SimpleRnn => new SimpleRnn(args);

/** A layer of gated recurrent units (Cho et al. 2014): Keras's `GRU`, with `resetAfter` true unless given. */
export const gru = (args: GruArgs): Gru => new Gru(args);

/** A layer of long short-term memory (Hochreiter & Schmidhuber 1997): Keras's `LSTM`. */
export const lstm = (args: LstmArgs): Lstm => new Lstm(args);

/** A layer of simple recurrent units of Lei et al. 2018, which Keras has not. Its one state is the cell state `c`. */
export const sru = (args: SruArgs): Sru => new Sru(args);

/** A layer of any cell, your own too: `rnn({ cell: defineCell({ … }), units: 64 })`. */
export const rnn = (args: RnnArgs): Rnn => new Rnn(args);
