/** Names for the blocks of a network that is made from a file, in which names may be repeated. */
export class BlockNames {
  private readonly taken: Set<string>;

  /** @param reserved names that no block of the file may get. */
  constructor(...reserved: readonly string[]) {
    this.taken = new Set(reserved);
  }

  /**
   * A name that no other block has: the given one, if it is free. It has no dots: `gru.forward` could be a layer's own name, or
   * one direction of the layer `gru`, and both have a `gru.forward.kernel`.
   */
  unique(given: string): string {
    const name = given.replaceAll('.', '_');
    let unique = name;
    for (let i = 2; this.taken.has(unique); i++) unique = `${name}_${i}`;
    this.taken.add(unique);
    return unique;
  }
}
