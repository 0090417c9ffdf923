/** A place among the tokens of one equation, and the errors there. */
import { CellTextError } from './error.js';
import type { Place, Token } from './syntax.js';

/** Brackets that are nested deeper are refused: the parser recurses. */
const DEEPEST = 200;

export class TokenStream {
  protected at = 0;
  private depth = 0;
  /** Stands behind the last token. */
  protected readonly end: Token;

  constructor(
    protected readonly source: string,
    protected readonly tokens: readonly Token[],
  ) {
    const last = tokens[tokens.length - 1];
    this.end = { kind: 'break', start: last.end, end: last.end };
  }

  protected error({ start, end }: Place, message: string): CellTextError {
    return new CellTextError(this.source, start, end, message);
  }

  protected shown(token: Token): string {
    if (token === this.end) return 'the end of the equation';
    const text = this.source.slice(token.start, Math.min(token.end, token.start + 40));
    return token.kind === 'row' ? 'the end of the row' : `'${text}'`;
  }

  protected peek(offset = 0): Token {
    return this.tokens[this.at + offset] ?? this.end;
  }

  /** Leaves out the marks of columns, and ends of lines within brackets. */
  protected skip(): void {
    while (this.peek().kind === '&' || this.peek().kind === 'row') this.at++;
  }

  protected expect(kind: Token['kind'], opening: Place, what: string): Token {
    const token = this.peek();
    if (token.kind === kind) {
      this.at++;
      return token;
    }
    const hint =
      token === this.end || token.kind === '='
        ? `Close '${this.source.slice(opening.start, opening.end)}'.`
        : '';
    throw this.error(
      token === this.end ? opening : token,
      `found ${this.shown(token)}, expected ${what}. ${hint}`.trim(),
    );
  }

  /** Runs a rule one level deeper. */
  protected nested<T>(place: Place, rule: () => T): T {
    if (++this.depth > DEEPEST) {
      throw this.error(
        place,
        `brackets are nested more than ${DEEPEST} deep. Give parts an equation of their own.`,
      );
    }
    const result = rule();
    this.depth--;
    return result;
  }
}
