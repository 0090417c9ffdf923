/** A description while it is drawn: the rows so far, with what is known of their numbers. */
import type { ParameterRole, Sizes } from '@sluice/core';
import type { Random } from '../random.js';
import {
  type Argument,
  type DescribedParameter,
  type Length,
  operandsOf,
  type Row,
  type Word,
} from './description.js';

/** What is known of a row's numbers. */
export interface Numbers {
  readonly width: number;
  readonly low: number;
  readonly high: number;
  /** About how much a change of the inputs is enlarged. It keeps rounding errors small. */
  readonly gain: number;
}

export interface KnownRow extends Numbers {
  readonly row: Row;
  /** Whether a number of it can be 0 only exactly, or far from 0: a state, or a product of one. */
  readonly isPlain: boolean;
  /** Whether its numbers are not all nearly 0: it depends on the input or on a vector. A state may come close to 0. */
  readonly varies: boolean;
}

/** Rows beyond this, or with a larger gain, are made smaller. */
const MOST = 3;
const MOST_GAIN = 4;
/** The largest number of a matrix, as `problem.ts` draws it. */
const MOST_WEIGHT = 0.5;
const MOST_WIDTH = 20;

/** Whether a row is a place in another one or in a parameter, or is put together: places of places are easily mistaken. */
const isPlace = (row: Row): boolean =>
  row.kind === 'product' ||
  row.kind === 'vector' ||
  (row.kind === 'word' && ['slice', 'split', 'concat'].includes(row.word));

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface OpenParameter extends Mutable<Omit<DescribedParameter, 'blocks' | 'width' | 'rows'>> {
  readonly blocks: string[];
  readonly size: { readonly width: number; readonly rows: number; readonly groups: number };
}

const SYMBOLS: Readonly<Record<ParameterRole, string>> = {
  kernel: 'W',
  recurrentKernel: 'U',
  projection: 'P',
  bias: 'b',
  recurrentVector: 'v',
};
const MATRICES = ['kernel', 'recurrentKernel', 'projection'] as const;
const BLOCKS = ['p', 'q', 'r', 's'];
const MOST_PARAMETERS = 7;

export class Drawing {
  readonly rows: KnownRow[] = [];
  private readonly parameters: OpenParameter[] = [];
  private readonly used = new Set<number>();
  /** Biases of a cell without biases are numbers, which not every word takes. */
  private readonly hidden = new Set<number>();

  constructor(
    readonly random: Random,
    readonly sizes: Sizes,
    readonly useBias: boolean,
  ) {}

  pick<T>(from: readonly T[]): T {
    return from[this.random.integer(0, from.length - 1)];
  }

  chance(share: number): boolean {
    return this.random.next() < share;
  }

  of(row: number): KnownRow {
    return this.rows[row];
  }

  widthOf(row: number): number {
    return this.rows[row].width;
  }

  /** A row that others may read. */
  add(row: Row, { width, low, high, gain }: Numbers, isPlain = false): number {
    const varies =
      row.kind === 'input' ||
      row.kind === 'vector' ||
      operandsOf(row).some((operand) => this.of(operand).varies);
    return this.rows.push({ row, width, low, high, gain, isPlain, varies }) - 1;
  }

  /** A row made by a word; its operands are used then. */
  call(word: Word, given: readonly (number | Argument)[], numbers: Numbers, pick?: number): number {
    const taken = pick === undefined ? {} : { pick };
    const row: Row = { kind: 'word', word, arguments: [...given], ...taken };
    for (const operand of operandsOf(row)) this.used.add(operand);
    return this.add(row, numbers);
  }

  /** The rows that no other one reads. */
  unused(): number[] {
    return this.rows.map((_, i) => i).filter((i) => !this.used.has(i) && !this.hidden.has(i));
  }

  use(row: number): void {
    this.used.add(row);
  }

  /** Any row, more often one that nothing reads or one of the last. */
  any(accept: (row: KnownRow) => boolean = () => true): number {
    const all = this.rows.map((_, i) => i).filter((i) => !this.hidden.has(i) && accept(this.rows[i]));
    // A row of one number fits everywhere.
    if (all.length === 0) return this.product(0, 1);
    const unused = all.filter((i) => !this.used.has(i));
    const way = this.random.next();
    if (way < 0.45 && unused.length > 0) return this.pick(unused);
    return way < 0.75 ? this.pick(all.slice(-5)) : this.pick(all);
  }

  /** A row of some numbers, now and then one of a single number; often one that is put together, or a part of another. */
  long(): number {
    const isLong = ({ width }: KnownRow) => width > 1;
    const isPart = (known: KnownRow) => isLong(known) && isPlace(known.row);
    if (this.chance(0.1)) return this.any();
    if (this.chance(0.4) && this.rows.some(isPart)) return this.any(isPart);
    return this.rows.some(isLong) ? this.any(isLong) : this.product(this.any(), this.random.integer(2, 6));
  }

  /** A number without a simple value, so that no row is equal to it by chance. */
  literal(least = 0.07, most = 0.9): number {
    const size = least + (most - least) * this.random.next();
    return Number(`${(this.chance(0.3) ? -size : size).toFixed(3)}3`);
  }

  /** The length of a new row: that of a size, a known row or a small number. */
  width(): number {
    const { units, inputSize } = this.sizes;
    const one = this.pick([
      units,
      units,
      inputSize,
      1,
      this.random.integer(1, 8),
      2 * units,
      units + 1,
      this.widthOf(this.random.integer(0, this.rows.length - 1)),
    ]);
    return Math.min(one, MOST_WIDTH);
  }

  /** The parts into which a row can be divided, one and its length included. */
  parts(row: number): number {
    const width = this.widthOf(row);
    return this.pick(Array.from({ length: width }, (_, i) => i + 1).filter((parts) => width % parts === 0));
  }

  /** The row, or one with the same shape and smaller numbers. */
  tame(row: number, most = MOST, gain = MOST_GAIN): number {
    const known = this.of(row);
    const size = Math.max(-known.low, known.high);
    if (size <= most && known.gain <= gain) return row;
    const scale = Math.min(1, 0.99 * (gain / known.gain), size > 4 * most ? 1 : (0.99 * most) / size);
    const scaled = scale < 1 ? this.scale(row, scale) : row;
    const { width, low, high, gain: left } = this.of(scaled);
    if (Math.max(-low, high) <= most) return scaled;
    return this.call('tanh', [{ row: scaled }], {
      width,
      low: Math.tanh(low),
      high: Math.tanh(high),
      gain: left,
    });
  }

  scale(row: number, factor: number): number {
    const { width, low, high, gain } = this.of(row);
    const by = Math.max(0.01, Number(factor.toFixed(3)));
    return this.call('.mul', [{ row }, by], { width, low: by * low, high: by * high, gain: by * gain });
  }

  /** A row shifted by a number, so that it is not near 0 because its parts cancel. */
  shifted(row: number): number {
    const { width, low, high, gain } = this.of(row);
    const by = this.literal(0.1, 0.5);
    return this.call('.add', [{ row }, by], { width, low: low + by, high: high + by, gain });
  }

  /** The row, or one whose numbers differ clearly: the largest of numbers near 0 would have no clear derivative. */
  varied(row: number): number {
    const { width, low, high, gain, varies } = this.of(row);
    if (varies || width === 1) return row;
    const vector = this.vector(width, 'recurrentVector');
    const numbers = { width, low: low - MOST_WEIGHT, high: high + MOST_WEIGHT, gain: gain + 1 };
    return this.call('.add', [{ row }, { row: vector }], numbers);
  }

  /** The product of a row and a matrix of `width` columns. */
  product(row: number, width = this.width()): number {
    const rows = this.widthOf(row);
    const common = [2, 3, 4].filter((groups) => rows % groups === 0 && width % groups === 0);
    const groups = common.length > 0 && this.chance(0.5) ? this.pick(common) : 1;
    const { parameter, block } = this.matrix({ rows, width, groups });
    const { low, high, gain, isPlain } = this.of(row);
    const depth = rows / groups;
    const weight = Math.min(MOST_WEIGHT, Math.sqrt(3 / (depth + width)));
    const most = depth * weight * Math.max(-low, high);
    this.use(row);
    const made: Row = { kind: 'product', parameter, block, row };
    const result = this.add(made, { width, low: -most, high: most, gain }, isPlain);
    if (this.useBias || !this.chance(0.6)) return result;
    return this.biased(result);
  }

  /** A row and a bias; without biases in the cell that is a number. */
  biased(row: number): number {
    const { low, high, ...rest } = this.of(row);
    const bias = this.vector(rest.width, 'bias');
    if (!this.useBias) this.hidden.add(bias);
    return this.call('.add', [{ row }, { row: bias }], {
      width: rest.width,
      low: low - 0.5,
      high: high + 0.5,
      gain: rest.gain + 1,
    });
  }

  /** A vector of that length. */
  vector(width: number, role: 'bias' | 'recurrentVector'): number {
    const { parameter, block } = this.block({ width, rows: 1, groups: 1 }, [role]);
    return this.add(
      { kind: 'vector', parameter, block },
      { width, low: -MOST_WEIGHT, high: MOST_WEIGHT, gain: 1 },
    );
  }

  private matrix(size: OpenParameter['size']) {
    return this.block(size, MATRICES);
  }

  /** A block of a parameter of that shape, which is declared if there is none. */
  private block(size: OpenParameter['size'], roles: readonly ParameterRole[]) {
    const same = this.parameters.filter(
      (known) =>
        roles.includes(known.role) &&
        known.size.width === size.width &&
        known.size.rows === size.rows &&
        known.size.groups === size.groups,
    );
    const isFull = this.parameters.length >= MOST_PARAMETERS;
    if (same.length > 0 && (isFull || this.chance(0.8))) {
      const { name: parameter, blocks } = this.pick(same);
      if (blocks.length === BLOCKS.length || this.chance(0.3)) {
        return { parameter, block: this.pick(blocks.filter((block) => block !== 'spare')) };
      }
      const next = BLOCKS[blocks.filter((block) => block !== 'spare').length];
      blocks.push(next);
      return { parameter, block: next };
    }
    const role = this.pick(roles);
    const count = this.parameters.filter((known) => known.role === role).length;
    const number = count === 0 ? '' : String(count + 1);
    const parameter = `${role}${number}`;
    const blocks = this.chance(0.15) ? ['spare', 'p'] : ['p'];
    this.parameters.push({ name: parameter, symbol: `${SYMBOLS[role]}${number}`, role, blocks, size });
    return { parameter, block: 'p' };
  }

  /** The declarations of all parameters. */
  declarations(): DescribedParameter[] {
    const { units, inputSize } = this.sizes;
    return this.parameters.map(({ size, name, symbol, role, blocks }) => {
      const isMatrix = MATRICES.some((matrix) => matrix === role);
      const usual = role === 'kernel' ? inputSize : units;
      const spared = (length: number, ofSize: number) => length === ofSize && this.chance(0.7);
      const stored = blocks.length > 1 && this.chance(0.4) ? { storedRows: blocks.length } : {};
      return {
        name,
        symbol,
        role,
        blocks,
        ...(!spared(size.width, units) && { width: this.spell(size.width) }),
        ...(isMatrix && !spared(size.rows, usual) && { rows: this.spell(size.rows) }),
        ...(isMatrix && size.groups > 1 && { groups: size.groups }),
        ...(!isMatrix && stored),
      };
    });
  }

  /** A length as a number, a size or a function of a size. */
  spell(length: number): Length {
    const { units, inputSize } = this.sizes;
    const ways = [
      { times: 0, plus: length },
      ...(['units', 'inputSize'] as const)
        .filter((size) => ({ units, inputSize })[size] <= length)
        .map((size) => {
          const times = Math.floor(length / this.sizes[size]);
          return { size, times, plus: length % this.sizes[size] };
        }),
    ];
    return this.pick(ways);
  }
}
