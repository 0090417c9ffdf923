import type { Expression } from '../equations/expression.js';
import { concat, slice, split, zeros } from '../equations/rows.js';

/** @throws TypeError naming a block's option that is no whole number of at least 1. */
export function checkCounts(block: string, counts: Readonly<Record<string, unknown>>): void {
  for (const [name, count] of Object.entries(counts)) {
    if (Number.isSafeInteger(count) && (count as number) >= 1) continue;
    throw new TypeError(`${block}: ${name} must be a positive whole number, but is ${String(count)}.`);
  }
}

/**
 * A row in a network with its shape: `positions` rows of `channels` numbers, one behind the other. A plain row has one position.
 *
 * It is kept in one piece or as one piece for each position, so that a window over positions copies nothing.
 */
export class Signal {
  private constructor(
    readonly positions: number,
    readonly channels: number,
    private readonly pieces: readonly Expression[],
  ) {}

  /** One row of `positions · channels` numbers. */
  static of(row: Expression, channels: number, positions = 1): Signal {
    return new Signal(positions, channels, [row]);
  }

  /** One row of `channels` numbers for each position. */
  static join(rows: readonly Expression[], channels: number): Signal {
    return new Signal(rows.length, channels, rows);
  }

  get width(): number {
    return this.positions * this.channels;
  }

  /** All numbers as one row. */
  get row(): Expression {
    return this.pieces.length === 1 ? this.pieces[0] : concat(...this.pieces);
  }

  /** The row of each position. */
  get rows(): readonly Expression[] {
    return this.pieces.length === this.positions ? this.pieces : split(this.pieces[0], this.positions);
  }

  /**
   * `count` positions from `first` on, `step` apart, as rows to put one behind the other. Positions outside are zeros.
   */
  window(first: number, count: number, step = 1): Expression[] {
    const { positions, channels } = this;
    const places = Array.from({ length: count }, (_, i) => first + i * step);
    const isInside = (place: number) => place >= 0 && place < positions;
    if (step === 1 && this.pieces.length === 1) {
      const inside = places.filter(isInside);
      if (inside.length === 0) return [zeros(count * channels)];
      const before = places.findIndex(isInside);
      const after = count - before - inside.length;
      return [
        ...(before > 0 ? [zeros(before * channels)] : []),
        slice(this.pieces[0], inside[0] * channels, inside.length * channels),
        ...(after > 0 ? [zeros(after * channels)] : []),
      ];
    }
    const { rows } = this;
    return places.map((place) => (isInside(place) ? rows[place] : zeros(channels)));
  }

  /** The same numbers with other positions. @throws TypeError when they cannot be divided so. */
  reshape(positions: number): Signal {
    if (positions === this.positions) return this;
    if (!Number.isInteger(positions) || positions < 1 || this.width % positions !== 0) {
      throw new TypeError(`${this.width} numbers cannot be divided into ${positions} positions.`);
    }
    return Signal.of(this.row, this.width / positions, positions);
  }

  /** `width` channels of each position, from channel `start` on. */
  columns(start: number, width: number): Signal {
    return this.map(width, (row) => slice(row, start, width));
  }

  /** Applies a function to the row of each position. */
  map(channels: number, apply: (row: Expression) => Expression): Signal {
    return Signal.join(this.rows.map(apply), channels);
  }
}
