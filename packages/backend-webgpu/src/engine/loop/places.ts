import type { Loop, LoopBuffer, ParallelLoop, Reference } from '@sluice/core/backend';
import type { Binding } from '../kernel.js';
import { type BodyProduct, type BodyStage, readsOf, readsOverSteps, splitStages, writesOf } from './body.js';

/** The buffer of everything a call needs besides its inputs and results. */
export const WORK = 'work';
export const SAVED = 'saved';
export const FLOAT16_WEIGHTS = 'float16Weights';
/** Results of a parallel loop's products: one kernel cannot read and write the same binding. */
export const PRODUCTS = 'products';
/** What scans pass between slices of the time steps. */
export const CARRIES = 'carries';

/** A uniform with the place of a column of a buffer's first row. */
export interface Start {
  readonly name: string;
  readonly buffer: number;
  readonly column: number;
}

/** A sum over rows and steps, which a store adds to. */
export interface Sum {
  /** The uniform with the place of its first number. */
  readonly name: string;
  /** Where it is added to. */
  readonly to: Reference;
  /** The first of its columns among those of all sums. */
  readonly column: number;
}

/**
 * The places of a loop's numbers as WGSL, in code that knows `row` (of the batch), `unit` and `step` (in the order of processing)
 * and declares what `declare` returns. All that depends on sizes is a uniform, so layers of the same cell share pipelines.
 */
export class Places {
  readonly body: readonly BodyStage[];
  /** Whether all steps are taken at once: the loop has no body. */
  readonly isParallel: boolean;
  readonly starts: Start[] = [];
  readonly sums: Sum[] = [];
  /** Uniforms whose values are known without the shape of a call. */
  readonly numbers: Record<string, number> = {};
  /** Whether a row passes from one thread to another in memory. */
  readonly crossesThreads: boolean;
  private readonly widths: number[] = [];
  /** The results of a parallel loop's products whose operands lie in `work`. */
  private readonly multiplied = new Set<LoopBuffer>();
  /** The buffers that stages read, beyond what they save. */
  private readonly read: ReadonlySet<number>;

  /** @param usesFloat16 whether weights are in a buffer of their own, with 16 bits, at the places that they have in `work`. */
  constructor(
    readonly loop: Loop | ParallelLoop,
    private readonly usesFloat16: boolean,
  ) {
    this.body = splitStages(loop.body);
    this.isParallel = loop.body.length === 0;
    const reads = this.body.flatMap(readsOf);
    const writes = this.body.flatMap(writesOf);
    const overSteps = this.isParallel ? [...loop.before, ...loop.after] : [];
    const readers = this.isParallel ? overSteps.flatMap(readsOverSteps) : reads;
    for (const product of overSteps.flatMap(({ products }) => products)) {
      if (product.kind !== 'rows') continue;
      const [left, result] = [product.left, product.result].map(({ buffer }) => loop.buffers[buffer]);
      if (this.bindingOf(left) === WORK && result.life === 'scratch') this.multiplied.add(result);
    }
    this.read = new Set(readers.map(({ buffer }) => buffer));
    const isOfAnother = (read: Reference) => {
      const same = writes.filter(({ buffer }) => buffer === read.buffer);
      return same.length > 0 && (read.spread || same.every(({ column }) => column !== read.column));
    };
    this.crossesThreads =
      new Set(this.body.map(({ width }) => width)).size > 1 ||
      this.body.some(({ rowOperation }) => rowOperation !== undefined) ||
      this.body.some(({ program }) => program.loads.some(isOfAnother));
  }

  /** The matrix products of a time step. */
  get products(): BodyProduct[] {
    return this.body.flatMap(({ products }) => products);
  }

  buffer({ buffer }: Pick<Reference, 'buffer'>): LoopBuffer {
    return this.loop.buffers[buffer];
  }

  /** Writes a uniform with a width. */
  width(value: number): string {
    const found = this.widths.indexOf(value);
    const index = found < 0 ? this.widths.push(value) - 1 : found;
    return this.number(`width${index}`, value);
  }

  /** Writes a uniform with a number. */
  number(name: string, value: number): string {
    this.numbers[name] = value;
    return `u.${name}`;
  }

  /** Writes the step that a kernel takes as number `i`, in the order of processing. */
  step(i: string): string {
    return this.loop.direction === 1 ? `u.firstStep + ${i}` : `u.firstStep + u.steps - 1u - (${i})`;
  }

  /** Writes the place of a row's number in its binding. */
  at(reference: Reference, unit: string): string {
    const { rows, width } = this.buffer(reference);
    const row = this.row(reference);
    const start = this.start(reference.buffer, reference.column);
    const inRow = reference.spread ? '' : ` + ${unit}`;
    if (row === null) return `${start}${inRow}`;
    return `${start} + ${rows === 'mask' ? row : `${row} * ${this.width(width)}`}${inRow}`;
  }

  /** Writes a row's number. */
  load(reference: Reference, unit = 'unit'): string {
    const buffer = this.buffer(reference);
    const number = `${this.bindingOf(buffer)}[${this.at(reference, unit)}]`;
    return buffer.source?.kind === OPTIONAL ? `select(0.0, ${number}, u.hasOutputCotangent == 1u)` : number;
  }

  /** Writes the statement that stores or adds a row's number. */
  store(reference: Reference, value: string): string {
    if (!reference.sum) return `${this.load(reference)} = ${value};`;
    return `${this.sum(reference)} += ${value};`;
  }

  /** Writes the place of a batch row's part of a sum. */
  sum(reference: Reference): string {
    return `${WORK}[u.${this.sums[this.sumIndex(reference)].name} + row * u.sumColumns + unit]`;
  }

  /** The index of a sum. */
  sumIndex(to: Reference): number {
    const found = this.sums.findIndex(
      (sum) => sum.to.buffer === to.buffer && sum.to.column === to.column && sum.to.width === to.width,
    );
    if (found >= 0) return found;
    const column = this.numbers.sumColumns ?? 0;
    this.numbers.sumColumns = column + to.width;
    return this.sums.push({ name: `sum${this.sums.length}`, to, column }) - 1;
  }

  /** Writes the weight at a place. */
  weight(place: string): string {
    return this.usesFloat16 ? `f32(${FLOAT16_WEIGHTS}[${place}])` : `${WORK}[${place}]`;
  }

  /** Writes the place of a product's weights of depth `k`; transposed ones are a copy that a call makes. */
  weightRow(product: BodyProduct, k: string): string {
    const { weights, transposed } = product;
    if (!transposed) {
      const first = weights.firstRow * weights.stride + weights.firstColumn;
      return `${this.start(weights.buffer, first)} + ${k} * ${this.width(weights.stride)}`;
    }
    return `u.${transposedName(this.products.indexOf(product))} + ${k} * ${this.width(weights.rows)}`;
  }

  /** Whether only the gradient reads what a store saves; a state is a result too. */
  isOnlySaved(reference: Pick<Reference, 'buffer'>): boolean {
    const { life, rows } = this.buffer(reference);
    return life === 'saved' && rows === 'steps' && !this.read.has(reference.buffer);
  }

  /** Writes the declarations that code needs. */
  declare(code: string): string {
    const lines: string[] = [];
    let rest = code;
    for (const [name, value] of [...DECLARATIONS].reverse()) {
      if (!new RegExp(`\\b${name}\\b`).test(rest)) continue;
      lines.unshift(`let ${name} = ${value};`);
      rest += value;
    }
    return lines.join('\n  ');
  }

  /** The bindings of a kernel that runs some stages. */
  bindings(stages: readonly BodyStage[]): Binding[] {
    const used = stages.flatMap((stage) => [...readsOf(stage), ...writesOf(stage).filter(({ sum }) => !sum)]);
    const bindings = this.bindingsOf(used);
    const multiplies = stages.some(({ products }) => products.length > 0);
    if (this.usesFloat16 && multiplies) bindings.push({ name: FLOAT16_WEIGHTS, access: 'read', type: 'f16' });
    return bindings;
  }

  /** The bindings in which some rows lie, and the workspace. */
  bindingsOf(used: readonly Reference[]): Binding[] {
    const buffers = [...new Set(used.map(({ buffer }) => buffer))].sort((a, b) => a - b);
    const names = new Map<string, Binding['access']>([[WORK, 'read_write']]);
    for (const buffer of buffers.map((index) => this.loop.buffers[index])) {
      const isRead = buffer.life === 'given' || (buffer.life === 'saved' && this.loop.direction === -1);
      if (this.bindingOf(buffer) !== WORK) names.set(this.bindingOf(buffer), isRead ? 'read' : 'read_write');
    }
    return [...names].map(([name, access]) => ({ name, access }));
  }

  /**
   * The name of the binding in which a buffer lies. Sequences have one each; small inputs are copied into `work`. The result of a
   * product over all steps does not lie beside its operand.
   */
  bindingOf(buffer: LoopBuffer): string {
    const { rows, life, source } = buffer;
    if (life === 'saved') return SAVED;
    if (this.multiplied.has(buffer)) return PRODUCTS;
    const isOwn = rows === 'sequence' || (rows === 'steps' && life !== 'scratch');
    return isOwn && source !== undefined ? source.kind : WORK;
  }

  private start(buffer: number, column: number): string {
    const found = this.starts.find((start) => start.buffer === buffer && start.column === column);
    const name = found?.name ?? `place${this.starts.length}`;
    if (!found) this.starts.push({ name, buffer, column });
    return `u.${name}`;
  }

  /** Writes the number of a row in its buffer; null if there is one row. */
  private row(reference: Reference): string | null {
    const { rows, life } = this.buffer(reference);
    const end = reference.at === 'after' ? 'After' : 'Before';
    const isSaved = life === 'saved';
    if (this.isParallel && rows === 'states') return `${isSaved ? 'kept' : 'chunk'}${end}`;
    if (this.isParallel && rows === 'steps' && isSaved) return 'keptBefore';
    switch (rows) {
      case 'one':
        return null;
      case 'batch':
        return 'row';
      case 'sequence':
        return 'cell';
      case 'mask':
        return 'maskCell';
      case 'steps':
        return { scratch: 'chunkRow', saved: 'savedRow', given: 'stepRow', result: 'stepRow' }[life];
      case 'states':
        return isSaved ? `saved${end}` : `turn${end}`;
    }
  }
}

/** The sequence that a call may leave out. */
const OPTIONAL = 'outputCotangent';

/** The uniform with the place of a transposed copy of a product's weights. */
export const transposedName = (product: number): string => `transposed${product}`;

/**
 * What places are written with; each line may use those before. Rows that pass from step to step have two places, which take
 * turns; what the gradient needs has a place for each step if it is saved (`u.keep`). In a parallel loop all of these have a place
 * for each step: of the sequence, from `u.savedFirst` = 0 on, or of the chunk.
 */
const DECLARATIONS = Object.entries({
  t: 'select(step, u.timesteps - 1u - step, u.reverse == 1u)',
  cell: 'row * u.rowCells + t * u.stepCells',
  maskCell: 'row * u.timesteps + t',
  chunkRow: '(step - u.firstStep) * u.batch + row',
  stepRow: 'step * u.batch + row',
  savedRow: 'select(row, step * u.batch + row, u.keep == 1u)',
  savedBefore: 'select(step % 2u, step, u.keep == 1u) * u.batch + row',
  savedAfter: 'select(1u - step % 2u, step + 1u, u.keep == 1u) * u.batch + row',
  keptBefore: '(step - u.savedFirst) * u.batch + row',
  keptAfter: '(step + 1u - u.savedFirst) * u.batch + row',
  chunkBefore: '(step - u.firstStep) * u.batch + row',
  chunkAfter: '(step + 1u - u.firstStep) * u.batch + row',
  turnBefore: '(step % 2u) * u.batch + row',
  turnAfter: '(1u - step % 2u) * u.batch + row',
});
