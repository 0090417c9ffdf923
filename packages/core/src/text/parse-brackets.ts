/** What stands in brackets, and indices behind names. */
import type { Place, Range, Script, Sign, Token, Tree } from './syntax.js';
import { TokenStream } from './token-stream.js';

export abstract class BracketParser extends TokenStream {
  /** How many bars of an absolute value are open: behind one, a bar closes. */
  protected absolute = 0;

  /** @param inRows whether the end of a row ends the expression too. */
  protected abstract expression(inRows?: boolean): Tree;
  protected abstract atom(): Tree;

  protected scripted(tree: Tree, script: Script, place: Place): Tree {
    const { labels, time, power } = script;
    if (power !== undefined) {
      if (power < 1 || power > 16) throw this.error(place, `found the power ${power}, expected 1 to 16.`);
      const factors = Array.from({ length: power }, (_, i) => ({ sign: (i ? '⊙' : '') as Sign, tree }));
      return power === 1 ? tree : { kind: 'product', factors, start: tree.start, end: place.end };
    }
    if (tree.kind === 'name') {
      const primes = labels.filter((label) => label === "'").join('');
      const others = labels.filter((label) => label !== "'");
      return {
        ...tree,
        base: tree.base + primes,
        labels: [...tree.labels, ...others],
        time: time ?? tree.time,
        end: place.end,
      };
    }
    if (labels.length === 0 && time === undefined) return tree;
    throw this.error(place, 'found an index behind an expression, expected it behind a name.');
  }

  protected brackets(opening: Token): Tree {
    const closing = opening.kind === '{' ? '}' : ')';
    const [items, end] = this.items(opening, closing, `an operation or '${closing}'`);
    const [first] = items;
    if (items.length > 1) return { kind: 'list', items, start: opening.start, end };
    // A name in braces may have an index behind it.
    if (first.kind === 'name' || first.kind === 'number') return { ...first, start: opening.start, end };
    return first;
  }

  protected list(opening: Token): Tree {
    const [items, end] = this.items(opening, ']', "',', an operation or ']'");
    return items.length === 1 ? items[0] : { kind: 'list', items, start: opening.start, end };
  }

  /** Whether brackets behind a name hold a range, as in `[0:3]`, and not rows that it multiplies. */
  protected isRange(): boolean {
    const [first, second] = [this.peek(1), this.peek(2)];
    return first.kind === ':' || (first.kind === 'number' && second.kind === ':');
  }

  protected index(tree: Tree): Tree {
    const opening = this.peek();
    this.at++;
    const ranges: (Range | null)[] = [this.range()];
    while (this.peek().kind === ',') {
      this.at++;
      ranges.push(this.range());
    }
    const { end } = this.expect(']', opening, "']'");
    if (ranges.length > 2)
      throw this.error(opening, 'found more than two ranges, expected rows and columns.');
    return { kind: 'index', tree, ranges, start: tree.start, end };
  }

  protected range(): Range | null {
    const first = this.peek();
    if (first.kind === ':') {
      this.at++;
      return null;
    }
    this.at++;
    this.expect(':', first, "':' as in [0:3]");
    const last = this.peek();
    this.at++;
    const [start, end] = [first, last].map((token) => (token.kind === 'number' ? token.value : Number.NaN));
    if (Number.isInteger(start) && Number.isInteger(end) && start < end && end <= 1e7) return [start, end];
    throw this.error(
      { start: first.start, end: Math.max(first.end, last.end) },
      'expected a range of whole numbers such as 0:3, the second above the first.',
    );
  }

  /** The argument of a command: in braces, or the next sign. */
  protected argument(command: Token): Tree {
    this.skip();
    const token = this.peek();
    if (token === this.end) throw this.error(command, 'expected { } behind this.');
    return this.atom();
  }

  /** `\begin{cases} a & \text{if } c \\ b & \text{otherwise} \end{cases}` */
  protected cases(opening: Token): Tree {
    const rows: Tree[][] = [[]];
    const absolute = this.absolute;
    this.absolute = 0;
    while (this.peek().kind !== 'end' && this.peek() !== this.end) {
      const token = this.peek();
      if (['&', 'words', ',', '.', ';'].includes(token.kind)) this.at++;
      else if (token.kind === 'row') {
        rows.push([]);
        this.at++;
      } else rows[rows.length - 1].push(this.expression(true));
    }
    this.absolute = absolute;
    const { end } = this.expect('end', opening, '\\end{cases}');
    const [first, second = []] = rows.filter((row) => row.length > 0);
    if (rows.length <= 3 && first?.length === 2 && second.length >= 1) {
      const operands = [first[1], first[0], second[0]];
      return { kind: 'call', word: 'where', parts: undefined, operands, start: opening.start, end };
    }
    throw this.error(
      opening,
      'expected two cases: a & \\text{if } c \\\\ b & \\text{otherwise}. Nest cases for more.',
    );
  }

  protected matrix(opening: Token): Tree {
    const items: Tree[] = [];
    const absolute = this.absolute;
    this.absolute = 0;
    while (this.peek().kind !== 'end' && this.peek() !== this.end) {
      if (['&', 'row', ',', ';'].includes(this.peek().kind)) this.at++;
      else items.push(this.expression(true));
    }
    this.absolute = absolute;
    const { end } = this.expect('end', opening, 'the \\end of this');
    if (items.length === 0) throw this.error(opening, 'found no rows, expected rows to put together.');
    return items.length === 1 ? items[0] : { kind: 'list', items, start: opening.start, end };
  }

  protected operands(opening: Token): [Tree[], number] {
    const closing = ({ '(': ')', '[': ']', '{': '}' } as const)[opening.kind as '('];
    const [items, end] = this.items(opening, closing, `an operation or '${closing}'`);
    const isList = opening.kind === '[' && items.length > 1;
    return isList ? [[{ kind: 'list', items, start: opening.start, end }], end] : [items, end];
  }
  /** Expressions with commas between them, up to the closing bracket. */
  private items(opening: Token, closing: ')' | ']' | '}', expected: string): [Tree[], number] {
    const absolute = this.absolute;
    this.absolute = 0;
    const items = [this.expression()];
    while (this.peek().kind === ',' || this.peek().kind === ';') {
      this.at++;
      items.push(this.expression());
    }
    this.skip();
    const { end } = this.expect(closing, opening, expected);
    this.absolute = absolute;
    return [items, end];
  }
}
