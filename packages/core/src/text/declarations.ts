/** Lines such as `output: h`, which say what the equations do not. In LaTeX they are comments. */
import type { ActivationSetting } from '../equations/activations.js';
import { MATRIX_ROLES, type ParameterRole, type Size, VECTOR_ROLES } from '../equations/parameters.js';
import { CellTextError } from './error.js';
import { knownWord } from './functions.js';
import { tokensOf } from './lex.js';
import type { CellTextOptions, CellTextParameter } from './options.js';
import { sizeOf } from './parameters.js';
import { parseEquations } from './parse.js';
import { labelText } from './scripts.js';
import { parseLength } from './sizes.js';
import { keyOf, type Place } from './syntax.js';

const ROLES: readonly string[] = [...MATRIX_ROLES, ...VECTOR_ROLES];
const KEYS = ['name', 'source', 'input', 'states', 'output', 'widths', 'functions', 'sizes', 'parts'];

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A word of a declaration; in quotation marks it may be any text. */
interface Word {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** Reads declarations, line by line. */
export class Declarations {
  readonly found: Mutable<CellTextOptions> & { parameters: Record<string, CellTextParameter> } = {
    parameters: {},
  };

  /** Where each parameter is declared. */
  readonly places = new Map<string, Place>();

  constructor(private readonly source: string) {}

  /**
   * Reads a line, if it is a declaration.
   * @throws CellTextError for a declaration with a mistake, or for a line of that form with another word.
   */
  read(line: string, start: number, isComment: boolean): boolean {
    const match = /^\s*(?:([A-Za-z]+)|parameter\s+("(?:[^"\\]|\\.)*"|[^\s":]+))\s*:(?!=)\s*(.*?)\s*$/su.exec(
      line,
    );
    if (!match) return false;
    const [, key, parameter, value] = match;
    const fail = (message: string) => new CellTextError(this.source, start, start + line.length, message);
    if (parameter !== undefined) {
      const [name] = wordsOf(parameter, fail);
      this.found.parameters[name.text] = readParameter(value, fail);
      this.places.set(name.text, { start, end: start + line.length });
      return true;
    }
    if (!KEYS.includes(key)) {
      if (isComment) return false;
      throw fail(
        `unknown declaration '${key}'. Known: ${KEYS.join(', ')}, parameter NAME. An equation has '='.`,
      );
    }
    this.readKey(key, value, fail);
    return true;
  }

  private readKey(key: string, value: string, fail: (message: string) => CellTextError): void {
    const { found } = this;
    const words = () => wordsOf(value, fail).filter(({ text, isQuoted }) => isQuoted || text !== ',');
    const names = () => words().map((word) => nameOf(word, fail));
    const single = (): string => {
      const [name, another] = names();
      if (name === undefined || another !== undefined)
        throw fail(`'${key}' takes one name, such as ${key}: h.`);
      return name;
    };
    if (value === '') throw fail(`'${key}' has no value. Write it behind the colon, or remove the line.`);
    switch (key) {
      case 'name':
      case 'source': {
        const [first, another] = words();
        found[key] = first.isQuoted && another === undefined ? first.text : value;
        return;
      }
      case 'input':
      case 'output':
        found[key] = single();
        return;
      case 'states':
      case 'parts':
        found[key] = names();
        return;
      case 'sizes': {
        const [, inputSize, units] = /^inputSize (\d{1,9}), units (\d{1,9})$/.exec(value) ?? [];
        if (units === undefined) throw fail("expected 'sizes: inputSize 3, units 4'.");
        found.sizes = { inputSize: Number(inputSize), units: Number(units) };
        return;
      }
      case 'widths':
        found.widths = Object.fromEntries(pairsOf(value, fail));
        return;
      default: {
        const functions: Record<string, ActivationSetting> = {};
        for (const [name, text] of pairsOf(value, fail))
          functions[name] = (knownWord(text) ?? text) as ActivationSetting;
        found.functions = functions;
      }
    }
  }
}

/** The options together: those of the call come before those of the text. */
export const mergeOptions = (text: CellTextOptions, call: CellTextOptions): CellTextOptions => ({
  ...text,
  ...call,
  ...(call.widths || text.widths ? { widths: { ...text.widths, ...call.widths } } : {}),
  ...(call.functions || text.functions ? { functions: { ...text.functions, ...call.functions } } : {}),
  parameters: { ...text.parameters, ...call.parameters },
});

/** Words, quoted texts and commas. */
function wordsOf(text: string, fail: (message: string) => CellTextError): Word[] {
  return [...text.matchAll(/"(?:[^"\\]|\\.)*"|,|[^\s,"]+|"/gsu)].map(([word]) => {
    if (!word.startsWith('"')) return { text: word, isQuoted: false };
    try {
      return { text: JSON.parse(word) as string, isQuoted: true };
    } catch {
      throw fail('found a quotation mark without its end. Quote names as in JSON.');
    }
  });
}

/** A name as equations have it: `h_t`, `\tilde{h}_t` and `h̃` are `h̃`. */
function nameOf({ text, isQuoted }: Word, fail: (message: string) => CellTextError): string {
  if (isQuoted || /^[\p{L}\p{M}\p{N}']+$/u.test(text)) return text.normalize('NFC');
  try {
    const source = `${text} = 0`;
    return keyOf(
      parseEquations(
        source,
        tokensOf(source, false, () => false),
        new Set(),
      )[0].left,
    );
  } catch {
    throw fail(`'${text}' is no name, expected one such as h, or a text in quotation marks.`);
  }
}

/** `a = 1, b = 2` */
function pairsOf(value: string, fail: (message: string) => CellTextError): [string, string][] {
  return value.split(',').map((pair) => {
    const equals = pair.indexOf('=');
    const [word] = wordsOf(pair.slice(0, Math.max(0, equals)), fail);
    const right = pair.slice(equals + 1).trim();
    if (equals < 0 || word === undefined || right === '')
      throw fail(`found '${pair.trim()}', expected 'name = value'.`);
    return [nameOf(word, fail), right];
  });
}

/** `symbol W, role kernel, blocks z r n, rows 3, width units, initial f 1` */
function readParameter(value: string, fail: (message: string) => CellTextError): CellTextParameter {
  const found: Mutable<CellTextParameter> & { initial?: Record<string, number | readonly number[]> } = {};
  const items: Word[][] = [[]];
  for (const word of wordsOf(value, fail)) {
    if (!word.isQuoted && word.text === ',') items.push([]);
    else items[items.length - 1].push(word);
  }
  for (const [key, ...words] of items) {
    const texts = words.map((word) => (word.isQuoted ? word.text : labelOf(word.text)));
    const joined = words.map(({ text }) => text).join(' ');
    if (key === undefined || texts.length === 0)
      throw fail("expected 'symbol W, blocks z r' behind the colon.");
    switch (key.text) {
      case 'symbol':
        found.symbol = texts[0];
        break;
      case 'role':
        if (!ROLES.includes(texts[0]))
          throw fail(`found the role '${texts[0]}', expected ${ROLES.join(', ')}.`);
        found.role = texts[0] as ParameterRole;
        break;
      case 'blocks':
        found.blocks = texts;
        break;
      case 'rows':
      case 'width':
        found[key.text] = toSize(joined, () =>
          fail(`found '${joined}', expected a length such as 4, units or 2 units.`),
        );
        break;
      case 'groups':
      case 'storedRows':
        found[key.text] = Number(joined);
        break;
      case 'initial': {
        const numbers = texts.slice(1).map(Number);
        if (numbers.length === 0 || numbers.some(Number.isNaN))
          throw fail("expected 'initial f 1': a block and numbers.");
        found.initial = { ...found.initial, [texts[0]]: numbers.length === 1 ? numbers[0] : numbers };
        break;
      }
      default:
        throw fail(
          `found '${key.text}', expected symbol, role, blocks, rows, width, groups, storedRows or initial.`,
        );
    }
  }
  return found;
}

const labelOf = (text: string): string => (text.includes('\\') ? labelText(text) : text.normalize('NFC'));

function toSize(text: string, fail: () => CellTextError): Size {
  const length = parseLength(text);
  if (!length) throw fail();
  return sizeOf(length);
}
