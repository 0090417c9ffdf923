/** Places in a buffer that holds everything a call needs besides its inputs and results, by the names of uniforms. */
export class Workspace {
  readonly places: Record<string, number> = {};
  private end = 0;

  /** How many numbers there is a place for. */
  get length(): number {
    return this.end;
  }

  /** Sets a place aside for `length` numbers and says where it begins. */
  reserve(name: string, length: number): number {
    const place = this.end;
    this.places[name] = place;
    this.end += length;
    return place;
  }
}
