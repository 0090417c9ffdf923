/** The kind of tokens. */
export type Unit = 'word' | 'character';

const segmenters: Record<Unit, Intl.Segmenter> = {
  // Word boundaries of Unicode (UAX 29) need no language for texts with spaces; und is "undetermined".
  word: new Intl.Segmenter('und', { granularity: 'word' }),
  character: new Intl.Segmenter('und', { granularity: 'grapheme' }),
};

/**
 * Cuts a text into its first `limit` tokens. Words are lower-cased; punctuation marks are words too, white space is not.
 * Characters are graphemes, with their case and with white space, since both help to recognize a language. Text is
 * normalized (NFC), so that the two ways to write "é" are one token.
 */
export function tokensOf(text: string, unit: Unit, limit: number): string[] {
  const tokens: string[] = [];
  // Limits the work for a very long line: a token may have many code units.
  const part = text.slice(0, limit * longestToken).normalize('NFC');
  for (const { segment } of segmenters[unit].segment(part)) {
    if (unit === 'word' && segment.trim() === '') continue;
    tokens.push(unit === 'word' ? segment.toLowerCase() : segment);
    if (tokens.length === limit) break;
  }
  return tokens;
}

/** The assumed largest mean length of a token with the space before it, in code units. */
const longestToken = 256;

/** The number that pads short texts. Its time steps are masked. */
export const paddingIndex = 0;
/** The number of tokens outside of the vocabulary. */
export const unknownIndex = 1;
/** The number of indices before the first token: padding and unknown. */
const reserved = 2;

/** The tokens of a model with their numbers. */
export class Vocabulary {
  private readonly indices: Map<string, number>;

  /** @param tokens in the order of their numbers; the first one has the number 2. */
  constructor(readonly tokens: readonly string[]) {
    this.indices = new Map(tokens.map((token, position) => [token, position + reserved]));
  }

  /**
   * The vocabulary of texts: the most frequent tokens first, equally frequent tokens in code-unit order.
   *
   * @param size rows of the embedding, padding and unknown included.
   */
  static of(texts: Iterable<readonly string[]>, size: number): Vocabulary {
    const counts = new Map<string, number>();
    for (const tokens of texts) {
      for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
    }
    const ranked = [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
    return new Vocabulary(ranked.slice(0, size - reserved).map(([token]) => token));
  }

  /** The number of rows of the embedding: the tokens, padding and unknown. */
  get size(): number {
    return this.tokens.length + reserved;
  }

  /** The number of a token. */
  indexOf(token: string): number {
    return this.indices.get(token) ?? unknownIndex;
  }
}
