/** What `_` and `^` say of a name: its step and its labels. */
import { ACCENTS, GREEK } from '../documentation/letters.js';
import { CellTextError } from './error.js';
import { STYLES } from './symbols.js';
import type { Script, Time } from './syntax.js';

/** Endings of names in plain text that mean the step before. */
const PREVIOUS = /^(.+)_(?:prev|previous|old|last|tm1)$/u;

/** A name of plain text as letter, label and step: `h_prev`, `W_z`, `h_t`. */
export function splitWord(word: string): { base: string; labels: string[]; time: Time } {
  const previous = PREVIOUS.exec(word);
  const whole = previous ? previous[1] : word;
  const underscore = whole.indexOf('_', 1);
  if (underscore < 0) return { base: whole, labels: [], time: previous ? -1 : undefined };
  const base = whole.slice(0, underscore);
  const label = whole.slice(underscore + 1);
  if (!previous && label === 't') return { base, labels: [], time: 0 };
  if (!previous && label.endsWith('_t')) return { base, labels: [label.slice(0, -2)], time: 0 };
  return { base, labels: label === '' ? [] : [label], time: previous ? -1 : undefined };
}

/**
 * The content of `_{…}` or `^{…}`.
 * @throws CellTextError for a step other than t and t − 1.
 */
export function readScript(source: string, start: number, end: number, raised: boolean): Script {
  const content = source.slice(start, end);
  const labels: string[] = [];
  let time: Time;
  for (const part of content.split(',')) {
    const plain = labelText(part);
    const step = /^t(?:([-+−–])(\d+))?$/u.exec(plain);
    if (step) {
      if (step[1] !== undefined && (step[1] === '+' || step[2] !== '1')) {
        throw new CellTextError(
          source,
          start,
          end,
          `found the step '${plain}', expected t or t-1: a step reads states of the step before it. For older rows, define a ` +
            'state that keeps them, such as a_t = h_{t-1}.',
        );
      }
      time = step[1] === undefined ? 0 : -1;
    } else if (/^(?:prime|′|')+$/.test(plain)) {
      labels.push("'");
    } else if (
      plain !== '' &&
      !/^[*⊤]$|^(?:top|intercal|dagger)$/.test(plain) &&
      !(raised && plain === 'T')
    ) {
      labels.push(plain);
    }
  }
  const isPower = raised && /^\s*\d+\s*$/.test(content);
  return isPower ? { labels: [], time, power: Number(content) } : { labels, time };
}

/** A label without LaTeX's commands, spaces and brackets: `{\tilde{h}}` is `h̃`. */
export function labelText(content: string): string {
  let text = '';
  let mark = '';
  for (const [token, command] of content.matchAll(/\\([A-Za-z]+|.)|[^\\]/gsu)) {
    let piece = token;
    if (command !== undefined) {
      if (Object.hasOwn(ACCENTS, command)) mark = ACCENTS[command];
      if (Object.hasOwn(ACCENTS, command) || STYLES.has(command)) continue;
      if (/^(?:langle|rangle|left|right|[^A-Za-z])$/.test(command)) continue;
      piece = Object.hasOwn(GREEK, command) ? GREEK[command] : command;
    } else if (/[\s{}()<>⟨⟩_^$&]/.test(token)) continue;
    text += piece + mark;
    mark = '';
  }
  return text.normalize('NFC');
}
