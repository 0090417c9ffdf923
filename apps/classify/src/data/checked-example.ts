import { malformed } from './encoding.js';
import type { Example } from './example.js';
import { reasonAgainst } from './row-problems.js';

/**
 * The example that a label and a text make, as labels and texts are compared: without white space around them, the
 * label in the normal form that tokens have (NFC), so that two ways to write "é" are one class.
 *
 * @param row everything that was read for it, where that is more than the two.
 * @returns the reason why they make none, where they do not.
 */
export function checkedExample(label: string, text: string, row = `${label} ${text}`): Example | string {
  if (row.includes(malformed)) return notUtf8;
  const example = { label: label.trim().normalize('NFC'), text: text.trim() };
  return reasonAgainst(example.label, example.text) ?? example;
}

/** Said of bytes that are no text in the encoding of their file. */
export const notUtf8 = 'there are bytes that are not text in the encoding of the rest of the file';
