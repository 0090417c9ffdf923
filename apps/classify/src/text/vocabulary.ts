/** The number that fills up short texts. Its time steps are masked. */
export const paddingIndex = 0;
/** The number of every token that the vocabulary does not hold. */
export const unknownIndex = 1;
/** Numbers taken before the first token: padding and unknown. */
const reserved = 2;

/** The tokens that a model knows, each with its number. */
export class Vocabulary {
  private readonly indices: Map<string, number>;

  /** @param tokens in the order of their numbers; the first one has the number 2. */
  constructor(readonly tokens: readonly string[]) {
    this.indices = new Map(tokens.map((token, position) => [token, position + reserved]));
  }

  /**
   * The vocabulary of tokenised texts: the most frequent tokens first, equally frequent ones in code-unit order.
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

  /** Rows that the embedding needs: the tokens, padding and unknown. */
  get size(): number {
    return this.tokens.length + reserved;
  }

  /** The number of a token. */
  indexOf(token: string): number {
    return this.indices.get(token) ?? unknownIndex;
  }
}
