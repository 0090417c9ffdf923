import { CellTextError } from './error.js';

/** A place in the text. */
export class Reader {
  constructor(
    readonly source: string,
    readonly at: number,
  ) {}

  /** The match of a sticky expression here, or behind here. */
  match(expression: RegExp, at = this.at): RegExpExecArray | undefined {
    expression.lastIndex = at;
    return expression.exec(this.source) ?? undefined;
  }

  error(start: number, end: number, message: string): CellTextError {
    return new CellTextError(this.source, start, end, message);
  }
}
