/** What a text is cut into. */
export type Unit = 'word' | 'character';

const segmenters: Record<Unit, Intl.Segmenter> = {
  // Word boundaries of Unicode (UAX 29) need no language for texts with spaces; und is "undetermined".
  word: new Intl.Segmenter('und', { granularity: 'word' }),
  character: new Intl.Segmenter('und', { granularity: 'grapheme' }),
};

/**
 * Cuts a text into its first `limit` tokens. Words are lower-cased; punctuation marks are words too, white space
 * is not. Characters are graphemes as they are written, white space included, since both tell languages apart.
 * Text is normalised (NFC), so that the two ways to write "é" are one token.
 */
export function tokensOf(text: string, unit: Unit, limit: number): string[] {
  const tokens: string[] = [];
  // A token has at least one code unit, but may have many; this bounds the work that a huge line makes.
  const part = text.slice(0, limit * longestToken).normalize('NFC');
  for (const { segment } of segmenters[unit].segment(part)) {
    if (unit === 'word' && segment.trim() === '') continue;
    tokens.push(unit === 'word' ? segment.toLowerCase() : segment);
    if (tokens.length === limit) break;
  }
  return tokens;
}

/** Code units that a token and the space before it are granted on average. */
const longestToken = 256;
