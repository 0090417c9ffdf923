/** A call of a layer of Keras in a network: its description, its weights, and the signals that it reads. */
import type { Block, Signal } from '@sluice/core/network';
import type { KerasObject, LayerData } from '@sluice/formats';

/** A signal with the axes that Keras gives it: `[channels]` or `[positions, channels]`. */
export interface Flow {
  readonly signal: Signal;
  readonly isSequence: boolean;
  /** The sequence is made within a frame, as by RepeatVector: its positions are not the model's time. */
  readonly isWithinFrame?: boolean;
}

/** Applies a block under a name of its own, with its weights by the names of its parameters. */
export type ApplyBlock = (
  block: Block,
  input: Signal,
  weights?: Readonly<Record<string, ArrayLike<number>>>,
  /** Tells several blocks of one layer apart. */
  part?: string,
) => Signal;

/** The most time steps, channels or filters of a signal. */
export const MAX_COUNT = 65_536;

export class LayerCall {
  constructor(
    readonly layer: KerasObject,
    readonly inputs: readonly Flow[],
    /** The layer's weights in the file; undefined if it has none. */
    readonly data: LayerData | undefined,
    readonly apply: ApplyBlock,
    /** Notes that the layer computes from each frame alone, and why. */
    readonly seesFrame: (reason: string) => void,
  ) {}

  /** The only input. @throws Error when there are several. */
  get input(): Flow {
    const [first, ...rest] = this.inputs;
    if (first !== undefined && rest.length === 0) return first;
    throw new Error(`it has ${this.inputs.length} inputs`);
  }

  /** The only input, which must be a sequence. */
  get sequence(): Signal {
    const { signal, isSequence } = this.input;
    if (isSequence) return signal;
    throw new Error('its input is no sequence');
  }

  option(name: string): unknown {
    return this.layer.config[name];
  }

  /** A whole number of at least 1, also from a list of one. */
  count(name: string, absent?: number): number {
    const given = [this.option(name) ?? absent].flat();
    const [value] = given;
    const isCount = given.length === 1 && Number.isSafeInteger(value) && (value as number) >= 1;
    if (isCount && (value as number) <= MAX_COUNT) return value as number;
    throw new Error(`its ${name} is ${JSON.stringify(this.option(name))}`);
  }

  number(name: string, absent: number): number {
    const value = this.option(name) ?? absent;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw new Error(`its ${name} is ${JSON.stringify(value)}`);
  }

  isOn(name: string, absent: boolean): boolean {
    return (this.option(name) ?? absent) === true;
  }

  /** Refuses an axis that is not the last. */
  checkLastAxis(absent = -1): void {
    const given = [this.option('axis') ?? absent].flat();
    const last = this.inputs[0].isSequence ? 2 : 1;
    if (given.length === 1 && (given[0] === -1 || given[0] === last)) return;
    throw new Error(`its axis is ${JSON.stringify(this.option('axis'))}, not the last one`);
  }

  /** The arrays of the layer in Keras's order. @throws Error when there are not so many. */
  weights(count: number): ArrayLike<number>[] {
    const stored = this.data?.kind === 'other' ? this.data.weights : [];
    if (stored.length === count) return stored.map(({ values }) => values);
    throw new Error(`it has ${stored.length} arrays of weights instead of ${count}`);
  }
}

/** What a layer makes of its inputs. @throws Error saying why it cannot be taken. */
export type LayerRule = (call: LayerCall) => Flow;

/** The flow with another signal. */
export const withSignal = (flow: Flow, signal: Signal): Flow => ({ ...flow, signal });
