import type { Program, RowAccess } from '@sluice/core/backend';
import type { Loop } from './cheap-loops.js';
import { fusions, type Pattern } from './fused-loops.js';
import { loops } from './loops.js';

/** One pass over several operations of a program: its loop, its result and up to three operands. */
export interface Pass {
  readonly loop: Loop;
  readonly result: number;
  readonly operands: readonly number[];
}

/** The values of a pattern's letters, and the inner values, which the pass does not store. */
interface Match {
  readonly letters: Readonly<Partial<Record<'a' | 'b' | 'c', number>>>;
  readonly inner: readonly number[];
}

/** Groups a program's operations into passes, in order. Only the group reads its inner results. */
export function fuse(program: Program<RowAccess>): Pass[] {
  const matcher = new Matcher(program);
  const { first } = matcher;
  const consumed = new Set<number>();
  const passes: Pass[] = [];
  for (let result = first + program.operations.length - 1; result >= first; result--) {
    if (consumed.has(result)) continue;
    const { loop, operands, inner } = matcher.largest(result);
    for (const value of inner) consumed.add(value);
    passes.unshift({ loop, result, operands });
  }
  return passes;
}

class Matcher {
  /** The number of the first operation's result. */
  readonly first: number;
  private readonly uses: readonly number[];

  constructor(private readonly program: Program<RowAccess>) {
    const { loads, constants, operations, stores } = program;
    this.first = loads.length + constants.length;
    const uses = Array<number>(this.first + operations.length).fill(0);
    for (const { inputs } of operations) for (const input of inputs) uses[input]++;
    // A stored value is never an inner one.
    for (const { value } of stores) uses[value] = Number.POSITIVE_INFINITY;
    this.uses = uses;
  }

  /** The largest group whose result is this value. */
  largest(value: number): { loop: Loop; operands: readonly number[]; inner: readonly number[] } {
    for (const { pattern, loop } of fusions) {
      const [match] = this.matches(pattern, value, { letters: {}, inner: [] }, true);
      if (!match) continue;
      const { a, b, c } = match.letters;
      const operands = [a, b, c].filter((operand) => operand !== undefined);
      return { loop, operands, inner: match.inner };
    }
    const { name, inputs } = this.program.operations[value - this.first];
    return { loop: loops[name], operands: inputs, inner: [] };
  }

  /** Every match of a value with a pattern: sums and products match in either order of their operands. */
  private matches(pattern: Pattern, value: number, match: Match, isRoot = false): Match[] {
    if (typeof pattern === 'string') {
      const bound = match.letters[pattern];
      if (bound !== undefined) return bound === value ? [match] : [];
      return [{ ...match, letters: { ...match.letters, [pattern]: value } }];
    }
    const [name, ...parts] = pattern;
    const operation = this.program.operations[value - this.first];
    if (operation?.name !== name || (!isRoot && this.uses[value] !== 1)) return [];
    const found = isRoot ? match : { ...match, inner: [...match.inner, value] };
    const orders =
      parts.length === 2 ? [operation.inputs, [...operation.inputs].reverse()] : [operation.inputs];
    return orders.flatMap((inputs) =>
      parts.reduce((all, part, i) => all.flatMap((so) => this.matches(part, inputs[i], so)), [found]),
    );
  }
}
