/** The layers of each cell: their classes and the functions that create them. */
import {
  type Cell,
  type CellData,
  cellFrom,
  cells,
  type GruOptions,
  type InitialValue,
  type Json,
  type JsonObject,
  type LstmOptions,
  type ParameterShape,
  type SimpleRnnOptions,
  type Sizes,
  type SruOptions,
  saveCell,
} from '@sluice/core';
import { serialization } from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import {
  CELL_OPTIONS,
  completeOptions,
  FULL_SRU_OPTIONS,
  parseConfigText,
  toConfigText,
} from './cell-options.js';
import { type LooseConfig, omitNulls } from './layer-args.js';
import { type RecurrentArgs, readCellOptions } from './recurrent-args.js';
import { RecurrentLayer } from './recurrent-layer.js';

export interface SimpleRnnArgs extends RecurrentArgs, SimpleRnnOptions {}

/** The arguments of `gru`. The default of `resetAfter` is true, as in Keras. */
export interface GruArgs extends RecurrentArgs, GruOptions {}

interface UnitForgetBias {
  /** Whether the forget gate's bias starts from 1 (Jozefowicz et al. 2015). Default true. */
  unitForgetBias?: boolean;
}

export interface LstmArgs extends RecurrentArgs, LstmOptions, UnitForgetBias {}

export interface SruArgs extends RecurrentArgs, SruOptions {}

export interface RnnArgs extends RecurrentArgs {
  /** A cell from the catalogue or of `defineCell`. A saved model holds the equations of your own cell. */
  cell: Cell | CellConfig;
}

/** A cell in a layer's configuration. */
interface CellConfig {
  name: string;
  /** The cell's options, as `toConfigText` writes them. */
  options: string;
  /** The equations of a cell that is not registered, a `CellData` as `toConfigText` writes it. */
  definition?: string | null;
}

/** See `simpleRNN`. */
export class SimpleRnn<ReturnState extends boolean = boolean> extends RecurrentLayer<ReturnState> {
  static readonly className = 'SluiceSimpleRNN';

  constructor(args: SimpleRnnArgs) {
    const options = readCellOptions<SimpleRnnOptions>('simpleRNN', args, CELL_OPTIONS.simpleRnn);
    super('simple_rnn', cells.simpleRnn(omitNulls(options)), args, options);
  }
}

/** See `gru`. */
export class Gru<ReturnState extends boolean = boolean> extends RecurrentLayer<ReturnState> {
  static readonly className = 'SluiceGRU';

  constructor(args: GruArgs) {
    const options = readCellOptions<GruOptions>('gru', args, CELL_OPTIONS.gru);
    super('gru', cells.gru(omitNulls(options)), args, options);
  }
}

const LSTM_OPTIONS = { ...CELL_OPTIONS.lstm, unitForgetBias: true };

/** See `lstm`. */
export class Lstm<ReturnState extends boolean = boolean> extends RecurrentLayer<ReturnState> {
  static readonly className = 'SluiceLSTM';
  private readonly unitForgetBias: boolean;

  constructor(args: LstmArgs) {
    const options = readCellOptions<LstmOptions & UnitForgetBias>('lstm', args, LSTM_OPTIONS);
    const { unitForgetBias, ...cellOptions } = omitNulls(options);
    super('lstm', cells.lstm(cellOptions), args, options);
    this.unitForgetBias = unitForgetBias as boolean;
  }

  protected override blockValues(
    parameter: ParameterShape,
  ): Readonly<Record<string, InitialValue | undefined>> {
    return this.unitForgetBias || parameter.role !== 'bias' ? super.blockValues(parameter) : {};
  }
}

/** The start values of asappresearch/sru: weights of variance 1 / inputSize, vectors of variance 1/2. */
const SRU_INITIALIZERS = {
  kernel: 'leCunUniform',
  recurrent: { className: 'RandomUniform', config: { minval: -Math.sqrt(1.5), maxval: Math.sqrt(1.5) } },
} as const;

/** See `sru`. */
export class Sru<ReturnState extends boolean = boolean> extends RecurrentLayer<ReturnState> {
  static readonly className = 'SluiceSRU';

  constructor(args: SruArgs) {
    const isFull = args?.recurrence === 'full';
    const options = readCellOptions<SruOptions>('sru', args, isFull ? FULL_SRU_OPTIONS : CELL_OPTIONS.sru);
    super('sru', cells.sru(omitNulls(options)), args, options, isFull ? {} : SRU_INITIALIZERS);
  }
}

/** @throws TypeError for a factory that was not called, or a cell of TensorFlow.js. */
function checkCell(cell: unknown): Cell | CellConfig {
  const { name, parameters, options } = (typeof cell === 'object' ? (cell ?? {}) : {}) as Record<
    string,
    unknown
  >;
  if (typeof name === 'string' && (typeof parameters === 'function' || typeof options === 'string')) {
    return cell as Cell | CellConfig;
  }
  const actual =
    typeof cell === 'string'
      ? `'${cell}'`
      : typeof cell === 'function'
        ? `the function ${cell.name} (call it: ${cell.name}())`
        : cell instanceof layers.Layer
          ? `a ${cell.getClassName()} of TensorFlow.js`
          : String(cell);
  throw new TypeError(`rnn: cell must be a cell made by defineCell or cells.gru(), but is ${actual}.`);
}

/** See `rnn`. */
export class Rnn<ReturnState extends boolean = boolean> extends RecurrentLayer<ReturnState> {
  static readonly className = 'SluiceRNN';

  constructor(args: RnnArgs) {
    readCellOptions<Pick<RnnArgs, 'cell'>>('rnn', args, { cell: null });
    const given = checkCell(args.cell);
    const cell = 'parameters' in given ? given : readCell(given);
    super('rnn', cell, { ...args, cell } as RnnArgs, {});
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), cell: writeCell(this.cell, this.built ? this.sizes : undefined) };
  }
}

/** The texts of loaded cells: a layer that is not built yet has no sizes for which its cell could be written. */
const loadedDefinitions = new WeakMap<Cell, string>();

/** @throws RangeError when the cell is not registered and has no equations; TypeError when they are damaged. */
function readCell({ name, options, definition }: CellConfig): Cell {
  if (definition == null) return cellFrom({ name, options: parseConfigText(options) as JsonObject });
  if (typeof definition !== 'string') {
    throw new TypeError(
      `The definition of the cell '${name}' must be a text of JSON, but is ${typeof definition}.`,
    );
  }
  let data: CellData;
  try {
    data = parseConfigText(definition) as unknown as CellData;
  } catch (error) {
    throw new TypeError(`The definition of the cell '${name}' is no JSON: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  const cell = cellFrom({ name, definition: data });
  loadedDefinitions.set(cell, definition);
  return cell;
}

function writeCell(cell: Cell, sizes: Sizes | undefined): serialization.ConfigDict {
  const definition = sizes && saveCell(cell, sizes).definition;
  const text = definition ? toConfigText(definition as unknown as Json) : loadedDefinitions.get(cell);
  return {
    name: cell.name,
    options: toConfigText(completeOptions(cell)),
    ...(text !== undefined && { definition: text }),
  };
}

for (const layer of [SimpleRnn, Gru, Lstm, Sru, Rnn]) serialization.registerClass(layer);

/** Determines the type of `apply`'s result. With `NoInfer` below, a function that takes a layer does not set it. */
interface Returning<ReturnState extends boolean> {
  returnState?: ReturnState;
}

/** A layer of simple recurrent units (Elman 1990): Keras's `SimpleRNN`. */
export const simpleRNN = <
  ReturnState extends boolean = false,
  Config extends serialization.ConfigDict = never,
>(
  args: (SimpleRnnArgs & Returning<ReturnState>) | LooseConfig<Config>,
): SimpleRnn<NoInfer<ReturnState>> => new SimpleRnn(args as SimpleRnnArgs);

/** A layer of gated recurrent units (Cho et al. 2014): Keras's `GRU`. The default of `resetAfter` is true. */
export const gru = <ReturnState extends boolean = false, Config extends serialization.ConfigDict = never>(
  args: (GruArgs & Returning<ReturnState>) | LooseConfig<Config>,
): Gru<NoInfer<ReturnState>> => new Gru(args as GruArgs);

/** A layer of long short-term memory (Hochreiter & Schmidhuber 1997): Keras's `LSTM`. */
export const lstm = <ReturnState extends boolean = false, Config extends serialization.ConfigDict = never>(
  args: (LstmArgs & Returning<ReturnState>) | LooseConfig<Config>,
): Lstm<NoInfer<ReturnState>> => new Lstm(args as LstmArgs);

/** A layer of the simple recurrent units of Lei et al. 2018, which Keras lacks. Its only state is the cell state `c`. */
export const sru = <ReturnState extends boolean = false, Config extends serialization.ConfigDict = never>(
  args: (SruArgs & Returning<ReturnState>) | LooseConfig<Config>,
): Sru<NoInfer<ReturnState>> => new Sru(args as SruArgs);

/** A layer of any cell, also your own: `rnn({ cell: defineCell({ … }), units: 64 })`. */
export const rnn = <ReturnState extends boolean = false>(
  args: RnnArgs & Returning<ReturnState>,
): Rnn<NoInfer<ReturnState>> => new Rnn(args);
