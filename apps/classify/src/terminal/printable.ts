/**
 * What a terminal would obey rather than show, and what changes the order of the text around it: control characters
 * but line feed and tab, bidirectional controls, line separators, invisible spaces, halves of characters.
 */
const unprintable =
  /(?![\n\t])[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Zl}\p{Zp}\u00ad\u200b\u2060-\u2064\ufeff\ufff9-\ufffb]/gu;

/**
 * Text as it may be written to a terminal, wherever it came from. What is escaped is written as in JSON, \u001b, so
 * that JSON stays the JSON that it was.
 */
export function printable(text: string): string {
  return text.replace(unprintable, escaped);
}

/** The same for a text that has to stay on one line, such as a name in a message. */
export function printableLine(text: string): string {
  return printable(text).replace(/[\n\t]/g, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
