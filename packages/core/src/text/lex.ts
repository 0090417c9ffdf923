/** Equations as tokens: plain text, in which a name has several letters, and LaTeX, in which each letter is a name. */
import { CellTextError } from './error.js';
import { isFunctionWord } from './functions.js';
import { readCommand } from './lex-commands.js';
import { Reader } from './reader.js';
import { readScript, splitWord } from './scripts.js';
import { COMPARISONS, SCRIPT_CHARACTERS, TIMES } from './symbols.js';
import type { Token } from './syntax.js';

/** Longer texts are refused: no cell has so many equations. */
const LONGEST = 1_000_000;
const MOST_TOKENS = 20_000;

const SPACE = /[^\S\n]+/uy;
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+−]?\d+)?/uy;
/** The power of ten behind a number in LaTeX. */
const POWER_OF_TEN = /\s*(?:\\cdot|\\times|·|×)\s*10\s*\^\s*(?:\{\s*([-−]?\d+)\s*\}|(\d))/uy;
const WORD = /\p{L}[\p{L}\p{M}\p{N}'′]*(?:[_.]+[\p{L}\p{N}][\p{L}\p{M}\p{N}'′]*)*/uy;
const LETTER = /\p{L}[\p{M}]*['′]*/uy;
const LETTERS = /[A-Za-z]{1,30}/y;
const COMMENT = /[%#]+/y;
const COLON = /\{\s*:\s*\}/y;
const COMPARISON = /[<>]=?|[≥≤]/uy;
const STEP_INDEX = /[[(]\s*t\s*(?:[-−–]\s*1\s*)?[\])]/uy;
const SCRIPT_RUN = /[₀-₉₋₊ₜₐₑₕᵢⱼₖₗₘₙₒₚᵣₛᵤᵥₓ]+|[⁻⁰¹²³ᵗ]+/uy;
/** What may stand behind `_` without braces. */
const SINGLE_SCRIPT = /\\[A-Za-z]+(?:\{[^{}]{0,100}\})?|\([^()\n]{0,20}\)|[\p{L}\p{N}*'′]/uy;
const SIGN = /:=|[-−–+=()[\]{}|,;:.&←≡∥‖]/uy;
const EMPTY_LINE = /\n[^\S\n]*\n/y;

/** Signs that are written in several ways. */
const SIGNS: Readonly<Record<string, '-' | '=' | ';'>> = {
  '−': '-',
  '–': '-',
  ':=': '=',
  '←': '=',
  '≡': '=',
  '∥': ';',
  '‖': ';',
};

/** Called with each comment, and with each line that may be a declaration; it says whether it read it. */
export type Note = (text: string, start: number, isComment: boolean) => boolean;

/** @throws CellTextError for a sign that is no part of equations, and for a text that is too long. */
export function tokensOf(source: string, latex: boolean, note: Note): Token[] {
  if (source.length <= LONGEST) return new Lexer(source, latex, note).tokens();
  throw new CellTextError(
    source.slice(0, 200),
    0,
    1,
    `the text has ${source.length} characters, expected at most ${LONGEST}. Give the equations alone.`,
  );
}

/** What stands at a place: a token, or nothing that matters, up to another place. */
type Read = Token | number;

class Lexer {
  private at = 0;
  private readonly found: Token[] = [];
  /** Whether the text is LaTeX in which `\\` ends rows. */
  private readonly hasRows: boolean;

  constructor(
    private readonly source: string,
    private readonly latex: boolean,
    private readonly note: Note,
  ) {
    this.hasRows = latex && source.includes('\\\\');
  }

  tokens(): Token[] {
    const { source, found } = this;
    this.readNote();
    while (this.at < source.length) {
      const reader = new Reader(source, this.at);
      const read = source[this.at] === '\n' ? this.newline() : this.next(reader);
      if (typeof read === 'number') this.at = read;
      else this.push(read);
      if (found.length <= MOST_TOKENS) continue;
      throw reader.error(
        this.at - 1,
        this.at,
        `found more than ${MOST_TOKENS} signs. Shorten the equations.`,
      );
    }
    return found;
  }

  /** Adds a token, and the step directly behind a name: `h[t-1]`, `h(t)`. */
  private push(token: Token): void {
    this.found.push(token);
    this.at = token.end;
    if (token.kind !== 'name' || isFunctionWord(token.base)) return;
    const index = new Reader(this.source, this.at).match(STEP_INDEX);
    if (!index) return;
    const time = index[0].includes('1') ? -1 : 0;
    this.push({
      kind: 'script',
      script: { labels: [], time },
      start: this.at,
      end: this.at + index[0].length,
    });
  }

  /** At the beginning of a line: leaves the line out if it is a declaration. */
  private readNote(): void {
    const line = this.line(this.at);
    if (/^[^:=\\%]{1,200}:(?!=)/u.test(line) && this.note(line, this.at, false)) this.at += line.length;
  }

  private line(start: number): string {
    const newline = this.source.indexOf('\n', start);
    return this.source.slice(start, newline < 0 ? undefined : newline);
  }

  /** The end of a line ends an equation; in LaTeX with `\\` only an empty line does. */
  private newline(): number {
    const { at: start } = this;
    if (!this.hasRows || new Reader(this.source, start).match(EMPTY_LINE))
      this.found.push({ kind: 'break', start, end: start + 1 });
    this.at++;
    this.readNote();
    return this.at;
  }

  private next(reader: Reader): Read {
    const { source, latex } = this;
    const { at: start } = reader;
    const space = reader.match(SPACE);
    if (space) return start + space[0].length;
    const character = String.fromCodePoint(source.codePointAt(start) as number);
    const end = start + character.length;
    if (character === '%' || (character === '#' && !latex)) return this.comment(reader);
    if (character === '\\') return readCommand(reader);
    if (character === '$') return { kind: 'break', start, end: source[end] === '$' ? end + 1 : end };
    if (character === '~' && latex) return end;
    if (character === '_' || character === '^') return readIndex(reader, character === '^');
    const number = reader.match(NUMBER);
    if (number) return readNumber(reader, number[0]);
    const run = reader.match(SCRIPT_RUN);
    if (run) return readScriptRun(reader, run[0]);
    if (/\p{L}/u.test(character)) return latex ? readLetter(reader) : readWord(reader);
    if (source.startsWith('**', start)) {
      throw reader.error(start, start + 2, "found '**', expected an operation. Write h^2 for a power.");
    }
    if (Object.hasOwn(TIMES, character)) return { kind: 'times', sign: TIMES[character], start, end };
    const comparison = reader.match(COMPARISON)?.[0];
    if (comparison) {
      return { kind: 'compare', sign: COMPARISONS[comparison], start, end: start + comparison.length };
    }
    if (character === "'" || character === '′') {
      return { kind: 'script', script: { labels: ["'"], time: undefined }, start, end };
    }
    const colon = reader.match(COLON);
    if (colon) return { kind: ':', start, end: start + colon[0].length };
    const sign = reader.match(SIGN)?.[0];
    if (sign) return { kind: SIGNS[sign] ?? (sign as '+'), start, end: start + sign.length };
    throw reader.error(
      start,
      end,
      `found '${character}', expected a name, a number, an operation or a bracket. Operations are + - ⊙ · * /.`,
    );
  }

  private comment(reader: Reader): number {
    const { at: start } = reader;
    const from = start + (reader.match(COMMENT)?.[0].length ?? 1);
    const text = this.line(from);
    this.note(text, from, true);
    return from + text.length;
  }
}

function readNumber(reader: Reader, digits: string): Token {
  const { at: start } = reader;
  const power = reader.match(POWER_OF_TEN, start + digits.length);
  const exponent = power ? `e${power[1] ?? power[2]}` : '';
  const end = start + digits.length + (power?.[0].length ?? 0);
  const value = Number(`${digits}${exponent}`.replaceAll('−', '-'));
  if (Number.isFinite(Math.fround(value))) return { kind: 'number', value, start, end };
  throw reader.error(start, end, `the number ${digits} is not finite as float32. Give a smaller number.`);
}

/** A name of plain text. */
function readWord(reader: Reader): Token {
  const { at: start, source } = reader;
  const word = (reader.match(WORD) as RegExpExecArray)[0];
  const end = start + word.length;
  if (word === 'e' && source[end] === '^') return { kind: 'power of e', start, end: end + 1 };
  if (/_t$/.test(word) && /^[-−–]1(?!\d|\.)/.test(source.slice(end, end + 4))) {
    throw reader.error(
      start,
      end + 2,
      `found '${word}-1', which can mean the step before or a difference. Write ${word.slice(0, -2)}_{t-1}, or ${word} - 1 with spaces.`,
    );
  }
  return { kind: 'name', ...splitScripts(word.replaceAll('′', "'").normalize('NFC')), start, end };
}

/** Unicode's lower letters at the end of a word: `hₜ`. What follows, as in `hₜ₋₁`, is a token of its own. */
function splitScripts(word: string) {
  const ending = /^(.+?)([ₜₐₑₕᵢⱼₖₗₘₙₒₚᵣₛᵤᵥₓ₀-₉]+)$/u.exec(word);
  if (!ending) return splitWord(word);
  const text = [...ending[2]].map((character) => SCRIPT_CHARACTERS[character]).join('');
  const split = splitWord(ending[1]);
  return text === 't' ? { ...split, time: 0 as const } : { ...split, labels: [...split.labels, text] };
}

/** A letter of LaTeX is a name, unless it begins the name of a function. */
function readLetter(reader: Reader): Token {
  const { at: start, source } = reader;
  const run = reader.match(LETTERS)?.[0] ?? '';
  const name = { kind: 'name', labels: [], time: undefined, start } as const;
  // Of `otanh`, the `o` comes first; then `tanh` is left.
  if (run.length > 2 && isFunctionWord(run)) return { ...name, base: run, end: start + run.length };
  if (run === 'e' && source[start + 1] === '^') return { kind: 'power of e', start, end: start + 2 };
  const letter = (reader.match(LETTER) as RegExpExecArray)[0];
  return { ...name, base: letter.replaceAll('′', "'").normalize('NFC'), end: start + letter.length };
}

/** `_` or `^` with what belongs to it. */
function readIndex(reader: Reader, raised: boolean): Token {
  const { source, at: start } = reader;
  let from = start + 1;
  while (source[from] === ' ') from++;
  if (source[from] !== '{') {
    const single = reader.match(SINGLE_SCRIPT, from);
    if (!single) {
      throw reader.error(
        start,
        start + 1,
        `found '${source[start]}' without a letter, a number or { } behind it.`,
      );
    }
    const end = from + single[0].length;
    return { kind: 'script', script: readScript(source, from, end, raised), start, end };
  }
  let depth = 0;
  let end = from;
  do {
    if (source[end] === '{') depth++;
    if (source[end] === '}') depth--;
    end++;
  } while (depth > 0 && end < source.length && end - from < 1000);
  if (depth > 0) throw reader.error(from, from + 1, "found '{' without its '}'. Close the bracket.");
  return { kind: 'script', script: readScript(source, from + 1, end - 1, raised), start, end };
}

/** Unicode's lower and upper characters: `₋` is the step before, `ₜ₋₁` too. */
function readScriptRun(reader: Reader, run: string): Token {
  const { at: start } = reader;
  const end = start + run.length;
  if (run === '₋' || run === '⁻' || run === '₋₁') {
    return { kind: 'script', script: { labels: [], time: -1 }, start, end };
  }
  const text = [...run].map((character) => SCRIPT_CHARACTERS[character]).join('');
  if (/[-+]/.test(text) && text !== 't-1') {
    throw reader.error(start, end, `found the index '${run}', expected ₜ or ₜ₋₁, a letter or a number.`);
  }
  return { kind: 'script', script: readScript(text, 0, text.length, /[⁰¹²³]/.test(run)), start, end };
}
