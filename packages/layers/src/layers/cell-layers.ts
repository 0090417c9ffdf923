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
import { CELL_OPTIONS, completeOptions, FULL_SRU_OPTIONS } from './cell-options.js';
import { jsonFromText, textFromJson } from './config-text.js';
import { givenOptions } from './layer-args.js';
import { ownOptions, type RecurrentArgs } from './recurrent-args.js';
import { RecurrentLayer } from './recurrent-layer.js';

export interface SimpleRnnArgs extends RecurrentArgs, SimpleRnnOptions {}

/** See `gru`; `resetAfter` is true unless given, as in Keras. */
export interface GruArgs extends RecurrentArgs, GruOptions {}

interface UnitForgetBias {
  /** Whether the forget gate's bias starts from 1 (Jozefowicz et al. 2015). Default true. */
  unitForgetBias?: boolean;
}

export interface LstmArgs extends RecurrentArgs, LstmOptions, UnitForgetBias {}

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

export class SimpleRnn<ReturnState extends boolean = boolean> extends RecurrentLayer<ReturnState> {
  static readonly className = 'SluiceSimpleRNN';

  constructor(args: SimpleRnnArgs) {
    const own = ownOptions<SimpleRnnOptions>('simpleRNN', args, CELL_OPTIONS.simpleRnn);
    super('simple_rnn', cells.simpleRnn(givenOptions(own)), args, own);
  }
}

export class Gru<ReturnState extends boolean = boolean> extends RecurrentLayer<ReturnState> {
  static readonly className = 'SluiceGRU';

  constructor(args: GruArgs) {
    const own = ownOptions<GruOptions>('gru', args, CELL_OPTIONS.gru);
    super('gru', cells.gru(givenOptions(own)), args, own);
  }
}

const LSTM_OPTIONS = { ...CELL_OPTIONS.lstm, unitForgetBias: true };

export class Lstm<ReturnState extends boolean = boolean> extends RecurrentLayer<ReturnState> {
  static readonly className = 'SluiceLSTM';
  private readonly unitForgetBias: boolean;

  constructor(args: LstmArgs) {
    const own = ownOptions<LstmOptions & UnitForgetBias>('lstm', args, LSTM_OPTIONS);
    const { unitForgetBias, ...options } = givenOptions(own);
    super('lstm', cells.lstm(options), args, own);
    this.unitForgetBias = unitForgetBias as boolean;
  }

  protected override blockValues(parameter: ParameterShape): Readonly<Record<string, number | undefined>> {
    return this.unitForgetBias ? super.blockValues(parameter) : {};
  }
}

/** Where asappresearch/sru starts: weights of variance 1 / inputSize, vectors of variance 1/2. */
const SRU_INITIALIZERS = {
  kernel: 'leCunUniform',
  recurrent: { className: 'RandomUniform', config: { minval: -Math.sqrt(1.5), maxval: Math.sqrt(1.5) } },
} as const;

export class Sru<ReturnState extends boolean = boolean> extends RecurrentLayer<ReturnState> {
  static readonly className = 'SluiceSRU';

  constructor(args: SruArgs) {
    const isFull = args?.recurrence === 'full';
    const own = ownOptions<SruOptions>('sru', args, isFull ? FULL_SRU_OPTIONS : CELL_OPTIONS.sru);
    super('sru', cells.sru(givenOptions(own)), args, own, isFull ? {} : SRU_INITIALIZERS);
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

export class Rnn<ReturnState extends boolean = boolean> extends RecurrentLayer<ReturnState> {
  static readonly className = 'SluiceRNN';

  constructor(args: RnnArgs) {
    ownOptions<Pick<RnnArgs, 'cell'>>('rnn', args, { cell: null });
    const cell = checkedCell(args.cell);
    const made =
      'parameters' in cell
        ? cell
        : cellFrom({ name: cell.name, options: jsonFromText(cell.options) as JsonObject });
    const saved = { name: made.name, options: textFromJson(completeOptions(made)) };
    super('rnn', made, { ...args, cell: made } as RnnArgs, { cell: saved });
  }
}

for (const layer of [SimpleRnn, Gru, Lstm, Sru, Rnn]) serialization.registerClass(layer);

/** Types the result of `apply`. Without `NoInfer` below, the function that takes a layer would set the type. */
interface Returning<ReturnState extends boolean> {
  returnState?: ReturnState;
}

/** A layer of simple recurrent units (Elman 1990): Keras's `SimpleRNN`. */
export const simpleRNN = <ReturnState extends boolean = false>(
  args: SimpleRnnArgs & Returning<ReturnState>,
): SimpleRnn<NoInfer<ReturnState>> => new SimpleRnn(args);

/** A layer of gated recurrent units (Cho et al. 2014): Keras's `GRU`, with `resetAfter` true unless given. */
export const gru = <ReturnState extends boolean = false>(
  args: GruArgs & Returning<ReturnState>,
): Gru<NoInfer<ReturnState>> => new Gru(args);

/** A layer of long short-term memory (Hochreiter & Schmidhuber 1997): Keras's `LSTM`. */
export const lstm = <ReturnState extends boolean = false>(
  args: LstmArgs & Returning<ReturnState>,
): Lstm<NoInfer<ReturnState>> => new Lstm(args);

/** A layer of simple recurrent units of Lei et al. 2018, which Keras has not. Its one state is the cell state `c`. */
export const sru = <ReturnState extends boolean = false>(
  args: SruArgs & Returning<ReturnState>,
): Sru<NoInfer<ReturnState>> => new Sru(args);

/** A layer of any cell, your own too: `rnn({ cell: defineCell({ … }), units: 64 })`. */
export const rnn = <ReturnState extends boolean = false>(
  args: RnnArgs & Returning<ReturnState>,
): Rnn<NoInfer<ReturnState>> => new Rnn(args);
