/** Tokens to trees. */
import { functionOf, functionWords, isFunctionWord } from './functions.js';
import { BracketParser } from './parse-brackets.js';
import { leftName, separate } from './separate.js';
import { type EquationTree, keyOf, type Name, type Sign, type Token, type Tree } from './syntax.js';

/**
 * The equations among tokens.
 * @param custom the words that the caller declares as functions.
 */
export function parseEquations(
  source: string,
  tokens: readonly Token[],
  custom: ReadonlySet<string>,
): EquationTree[] {
  const parts = separate(tokens);
  const names = new Set(parts.flatMap((part) => leftName(part)));
  const isFunction = (name: Pick<Name, 'base' | 'labels'>) =>
    custom.has(keyOf(name)) ||
    custom.has(name.base) ||
    (isFunctionWord(name.base) && !names.has(keyOf(name)));
  return parts.map((part) => new Parser(source, part, isFunction, custom).equation());
}

class Parser extends BracketParser {
  constructor(
    source: string,
    tokens: readonly Token[],
    private readonly isFunction: (name: Pick<Name, 'base' | 'labels'>) => boolean,
    private readonly custom: ReadonlySet<string>,
  ) {
    super(source, tokens);
  }

  equation(): EquationTree {
    while (this.peek().kind === '&') this.at++;
    if (!this.tokens.some(({ kind }) => kind === '=')) {
      throw this.error(
        { start: this.tokens[0].start, end: this.end.end },
        "found no '=', expected an equation such as h_t = tanh(W x_t + U h_{t-1}). A declaration is written with a colon: output: h.",
      );
    }
    const left = this.primary();
    this.skip();
    if (left.kind !== 'name' || this.peek().kind !== '=') {
      throw this.error(
        left.kind === 'name' ? this.peek() : left,
        `the left side must be one name, such as h_t, but is more. In LaTeX a name of several letters is written \\mathrm{reset}_t.`,
      );
    }
    if (left.time === -1) {
      throw this.error(
        left,
        `an equation defines a row of this step: write ${left.base}_t instead of the step before.`,
      );
    }
    this.at++;
    const right = this.expression();
    const next = this.peek();
    if (next !== this.end) {
      const hint =
        next.kind === '='
          ? ' Write each equation on a line of its own.'
          : next.kind === 'number'
            ? ' Numbers stand before what they scale; remove the number of an equation.'
            : ' A bracket may be missing before it.';
      throw this.error(
        next,
        `found ${this.shown(next)}, expected an operation or the end of the equation.${hint}`,
      );
    }
    return { left, right };
  }

  /** A sum, or a comparison of two. */
  protected expression(inRows = false): Tree {
    const left = this.sum(inRows);
    const token = this.peek();
    if (token.kind !== 'compare') return left;
    this.at++;
    const right = this.sum(inRows);
    const next = this.peek();
    if (next.kind === 'compare') {
      throw this.error(next, 'found a second comparison. Compare two rows at a time: [a < b] * [b < c].');
    }
    return { kind: 'compare', sign: token.sign, left, right, start: left.start, end: right.end };
  }

  private sum(inRows: boolean): Tree {
    const terms: { minus: boolean; tree: Tree }[] = [];
    for (;;) {
      if (!inRows) this.skip();
      const sign = this.peek();
      const isSign = sign.kind === '+' || sign.kind === '-';
      if (!isSign && terms.length > 0) break;
      if (isSign) this.at++;
      terms.push({ minus: sign.kind === '-', tree: this.product(inRows) });
    }
    const [first] = terms;
    if (terms.length === 1 && !first.minus) return first.tree;
    return { kind: 'sum', terms, start: first.tree.start, end: (terms.at(-1) as typeof first).tree.end };
  }

  private product(inRows: boolean): Tree {
    const factors: { sign: Sign; tree: Tree }[] = [{ sign: '', tree: this.chain(inRows) }];
    for (let token = this.peek(); token.kind === 'times'; token = this.peek()) {
      this.at++;
      if (!inRows) this.skip();
      const minus = this.peek();
      const isMinus = minus.kind === '-';
      if (isMinus) this.at++;
      const tree = this.chain(inRows);
      const negative: Tree = {
        kind: 'sum',
        terms: [{ minus: true, tree }],
        start: minus.start,
        end: tree.end,
      };
      factors.push({ sign: token.sign, tree: isMinus ? negative : tree });
      if (!inRows) this.skip();
    }
    return this.productOf(factors);
  }

  private productOf(factors: readonly { sign: Sign; tree: Tree }[]): Tree {
    const [first] = factors;
    if (factors.length === 1) return first.tree;
    return {
      kind: 'product',
      factors,
      start: first.tree.start,
      end: (factors.at(-1) as typeof first).tree.end,
    };
  }

  /** Neighbours without a sign between them. */
  private chain(inRows: boolean): Tree {
    const factors: { sign: Sign; tree: Tree }[] = [];
    do {
      if (!inRows) this.skip();
      factors.push({ sign: '', tree: this.primary() });
      if (!inRows) this.skip();
    } while (this.begins(this.peek()));
    return this.productOf(factors);
  }

  /** Whether a token begins a factor. A number does not: behind a row it is a mistake. */
  private begins({ kind }: Token): boolean {
    if (kind === '|') return this.absolute === 0;
    return ['name', '(', '[', '{', 'accent', 'fraction', 'root', 'power of e', 'cases', 'matrix'].includes(
      kind,
    );
  }

  private primary(): Tree {
    this.skip();
    let tree = this.atom();
    for (;;) {
      const token = this.peek();
      if (token.kind === 'script') {
        this.at++;
        tree = this.scripted(tree, token.script, token);
      } else if (token.kind === '[' && this.isRange()) {
        tree = this.nested(token, () => this.index(tree));
      } else break;
    }
    if (tree.kind !== 'name') return tree;
    const next = this.peek();
    const applied = next.kind === '(' || next.kind === '{';
    if (this.isFunction(tree)) return this.call(tree);
    return { ...tree, applied };
  }

  protected atom(): Tree {
    const token = this.peek();
    this.at++;
    switch (token.kind) {
      case 'name':
        return { ...token, applied: false };
      case 'number':
        return token;
      case 'accent': {
        const tree = this.nested(token, () => this.accented());
        if (tree.kind !== 'name') {
          throw this.error(
            token,
            'found a mark above an expression, expected it above a name, as in \\tilde{h}_t.',
          );
        }
        return { ...tree, base: (tree.base + token.mark).normalize('NFC'), start: token.start };
      }
      case '{':
      case '(':
        return this.nested(token, () => this.brackets(token));
      case '[':
        return this.nested(token, () => this.list(token));
      case '|':
        return this.nested(token, () => {
          this.absolute++;
          const operand = this.expression();
          this.absolute--;
          const { end } = this.expect('|', token, "'|'");
          return {
            kind: 'call',
            word: 'abs',
            parts: undefined,
            operands: [operand],
            start: token.start,
            end,
          };
        });
      case 'fraction':
        return this.nested(token, () => {
          const above = this.argument(token);
          const below = this.argument(token);
          const factors = [
            { sign: '' as Sign, tree: above },
            { sign: '/' as Sign, tree: below },
          ];
          return { kind: 'product', factors, start: token.start, end: below.end };
        });
      case 'root':
      case 'power of e':
        return this.nested(token, () => {
          const operand = this.argument(token);
          const word = token.kind === 'root' ? 'sqrt' : 'exp';
          return {
            kind: 'call',
            word,
            parts: undefined,
            operands: [operand],
            start: token.start,
            end: operand.end,
          };
        });
      case 'cases':
        return this.nested(token, () => this.cases(token));
      case 'matrix':
        return this.nested(token, () => this.matrix(token));
      default: {
        this.at--;
        const place = token === this.end ? { start: this.end.start - 1, end: this.end.end } : token;
        throw this.error(
          place,
          `found ${this.shown(token)}, expected a name, a number or a bracket${token === this.end ? ' behind this' : ''}.`,
        );
      }
    }
  }

  /** What stands below a mark: a name, alone or in braces. */
  private accented(): Tree {
    const token = this.peek();
    return token.kind === '{' || token.kind === 'accent' || token.kind === 'name'
      ? this.atom()
      : this.primary();
  }

  /** A function behind whose name we are. */
  private call(name: Name): Tree {
    const word = this.custom.has(keyOf(name)) ? keyOf(name) : name.base;
    const [label] = this.custom.has(word) ? [] : name.labels;
    const parts = label === undefined ? undefined : Number(label);
    if (parts !== undefined && !(Number.isInteger(parts) && parts >= 1 && parts <= 1e6)) {
      throw this.error(
        name,
        `the function '${word}' has the index '${label}', expected none. Say what it is with a line such as 'functions: ${keyOf(name)} = ${isFunctionWord(word) ? 'sigmoid' : 'tanh'}'.`,
      );
    }
    this.skip();
    const opening = this.peek();
    let operands: readonly Tree[];
    let { end } = opening;
    if (opening.kind === '(' || opening.kind === '[' || opening.kind === '{') {
      this.at++;
      [operands, end] = this.nested(opening, () => this.operands(opening));
    } else {
      if (!this.begins(opening) && opening.kind !== 'number') {
        throw this.error(name, `found the function '${word}' without an operand. Write ${word}(x).`);
      }
      // `\tanh c_t`
      const operand = this.nested(opening, () => this.chain(false));
      operands = [operand];
      end = operand.end;
    }
    if (!this.custom.has(word)) this.checkCount(name, word, operands.length, parts !== undefined);
    return { kind: 'call', word, parts, operands, start: name.start, end };
  }

  private checkCount(name: Name, word: string, count: number, hasIndex: boolean): void {
    const found = functionOf(word, count, hasIndex);
    if (!found) throw this.error(name, `unknown function '${word}'. Known: ${functionWords().join(', ')}.`);
    const most = found.operands + (found.hasParts && !hasIndex ? 1 : found.numbers);
    const least = found.operands + (found.needsParts && !hasIndex ? 1 : 0);
    if (count >= least && count <= most) return;
    const range = least === most ? `${least}` : `${least} to ${most}`;
    throw this.error(name, `'${word}' takes ${range} operands, but is given ${count}.`);
  }
}
