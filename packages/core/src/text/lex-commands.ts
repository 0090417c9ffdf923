/** The commands of LaTeX as tokens. */
import { ACCENTS, GREEK } from '../documentation/letters.js';
import { isFunctionWord } from './functions.js';
import type { Reader } from './reader.js';
import { splitWord } from './scripts.js';
import {
  COMPARISON_COMMANDS,
  ENVIRONMENTS,
  MATRICES,
  SIGN_COMMANDS,
  SKIPPED_ARGUMENTS,
  SKIPPED_COMMANDS,
  STYLES,
  TIMES_COMMANDS,
  WORDS,
} from './symbols.js';
import type { Token } from './syntax.js';

const COMMAND = /\\(?:[A-Za-z]+\*?|[^A-Za-z])/sy;
const ARGUMENT = /\s*(?:\[[^\]\n]{0,40}\])?\s*\{([^{}]*)\}/uy;
const PLAIN_ARGUMENT = /\s*\{([^{}\\$&%^]{0,200})\}/uy;
/** The length behind the end of a row, as in `\\[2pt]`. */
const ROW_LENGTH = /\*?(?:\[-?[\d.]{1,9}\s*(?:pt|em|ex|mm|cm|\\[a-z]+)\])?/y;
/** The place of an aligned, the columns of an array. */
const ENVIRONMENT_OPTIONS = /(?:\[[a-z]\])?(?:\{[lcr| @{}\d.]{0,20}\})?/y;

/**
 * The token at a command, or the place behind a command without a meaning for the numbers.
 * @throws CellTextError for an unknown command.
 */
export function readCommand(reader: Reader): Token | number {
  const { at: start } = reader;
  const match = reader.match(COMMAND);
  if (!match) throw reader.error(start, start + 1, "found '\\' at the end. Remove it.");
  const end = start + match[0].length;
  const name = match[0].slice(1).replace(/\*$/, '');
  if (name === '\n') return start + 1;
  if (/\s/.test(name) || SKIPPED_COMMANDS.has(name)) return end;
  if (SKIPPED_ARGUMENTS.has(name)) return end + (reader.match(ARGUMENT, end)?.[0].length ?? 0);
  if (name === 'begin' || name === 'end') return readEnvironment(reader, name, end);
  if (STYLES.has(name)) return readStyled(reader, name, end);
  if (Object.hasOwn(SIGN_COMMANDS, name)) {
    const kind = SIGN_COMMANDS[name];
    const length = kind === 'row' ? (reader.match(ROW_LENGTH, end)?.[0].length ?? 0) : 0;
    return { kind, start, end: end + length };
  }
  const place = { start, end };
  if (Object.hasOwn(TIMES_COMMANDS, name)) return { kind: 'times', sign: TIMES_COMMANDS[name], ...place };
  if (Object.hasOwn(COMPARISON_COMMANDS, name)) {
    return { kind: 'compare', sign: COMPARISON_COMMANDS[name], ...place };
  }
  if (Object.hasOwn(ACCENTS, name)) return { kind: 'accent', mark: ACCENTS[name], ...place };
  if (/^[dt]?frac$/.test(name)) return { kind: 'fraction', ...place };
  if (name === 'sqrt') return { kind: 'root', ...place };
  if (name === 'colon') return { kind: ':', ...place };
  if (name === 'prime') return { kind: 'script', script: { labels: ["'"], time: undefined }, ...place };
  const isLetter = Object.hasOwn(GREEK, name);
  if (isLetter || isFunctionWord(name)) {
    return { kind: 'name', base: isLetter ? GREEK[name] : name, labels: [], time: undefined, ...place };
  }
  throw reader.error(
    start,
    end,
    `found the command '\\${name}', which is unknown here. For a name of several letters write \\mathrm{${name}}.`,
  );
}

/** `\mathrm{word}`: one name, a number, or words of a sentence. Around more than a word the style does not matter. */
function readStyled(reader: Reader, command: string, from: number): Token | number {
  const argument = reader.match(PLAIN_ARGUMENT, from);
  if (!argument) return from;
  const place = { start: reader.at, end: from + argument[0].length };
  const text = argument[1].trim();
  if (/^\d{1,20}(?:\.\d{1,20})?$/.test(text)) return { kind: 'number', value: Number(text), ...place };
  const first = text.toLowerCase().split(/[\s,]+/, 1)[0];
  const isSentence = /^text|^[mh]box$/.test(command) && (WORDS.has(first) || /[.,:]$/.test(text));
  if (text === '' || isSentence) {
    return { kind: 'words', text: text.toLowerCase(), ...place };
  }
  if (text === 'e' && reader.source[place.end] === '^') {
    return { kind: 'power of e', start: reader.at, end: place.end + 1 };
  }
  return { kind: 'name', ...splitWord(text.normalize('NFC')), ...place };
}

function readEnvironment(reader: Reader, command: 'begin' | 'end', from: number): Token {
  const { at: start } = reader;
  const argument = reader.match(PLAIN_ARGUMENT, from);
  const name = argument?.[1].trim().replace(/\*$/, '') ?? '';
  const end = from + (argument?.[0].length ?? 0);
  if (name === 'cases' || name === 'dcases' || MATRICES.has(name)) {
    const kind = MATRICES.has(name) ? 'matrix' : 'cases';
    return { kind: command === 'end' ? 'end' : kind, start, end };
  }
  if (!ENVIRONMENTS.has(name)) {
    throw reader.error(
      start,
      end,
      `found the environment '${name}', expected one for equations, such as align, or cases or bmatrix.`,
    );
  }
  const options = command === 'begin' ? (reader.match(ENVIRONMENT_OPTIONS, end)?.[0].length ?? 0) : 0;
  return { kind: 'break', start, end: end + options };
}
