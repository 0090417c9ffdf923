import {
  type LoopProduct,
  type LoopScan,
  type LoopStage,
  type MatrixReference,
  operations,
  type ParallelLoop,
  type Reference,
  rowOperations,
  type SequenceInputs,
  type Source,
  sequenceLayout,
} from '../src/backend/index.js';

/** Rows of a buffer at a step. */
type Place = [buffer: number, at: Reference['at'], step: number];

type Call = Pick<SequenceInputs<Float64Array>, 'batch' | 'timesteps' | 'timeMajor' | 'reverse'>;

/** Evaluates a loop in float64: stages before and after the steps over all steps, those of the body step by step. */
export class EvaluatedLoop {
  readonly numbers: readonly Float64Array[];

  /** @param saved the numbers of saved buffers by name, for a gradient. */
  constructor(
    private readonly loop: ParallelLoop,
    private readonly call: Call,
    given: (source: Source) => Float64Array | undefined,
    saved: ReadonlyMap<string, Float64Array> = new Map(),
  ) {
    const { batch, timesteps } = call;
    const counts = {
      one: 1,
      batch,
      sequence: batch * timesteps,
      mask: batch * timesteps,
      steps: batch * timesteps,
      states: batch * (timesteps + 1),
    };
    this.numbers = loop.buffers.map(({ name, source, rows, width, life }) => {
      const values = life === 'given' && source ? given(source) : saved.get(name);
      return values ?? new Float64Array(counts[rows] * width);
    });
    const [first, last] = [
      { at: 'before', step: 0 },
      { at: 'after', step: timesteps - 1 },
    ] as const;
    const [start, end] = loop.direction === 1 ? [first, last] : [last, first];
    for (const { buffer, initial } of loop.carried) {
      if (initial !== undefined) this.copyRows(initial, 'step', 0, buffer, start.at, start.step);
    }
    const steps = Array.from({ length: timesteps }, (_, i) => (loop.direction === 1 ? i : timesteps - 1 - i));
    for (const stage of loop.before) this.run(stage, steps);
    for (const step of steps) for (const stage of loop.body) this.run(stage, [step]);
    for (const stage of loop.after) this.run(stage, steps);
    for (const { buffer, final } of loop.carried) {
      if (final !== undefined) this.copyRows(buffer, end.at, end.step, final, 'step', 0);
    }
  }

  /** The saved buffers by name. */
  get saved(): ReadonlyMap<string, Float64Array> {
    const { buffers } = this.loop;
    return new Map(
      buffers.flatMap(({ name, life }, i) => (life === 'saved' ? [[name, this.numbers[i]] as const] : [])),
    );
  }

  result(kind: Source['kind'], index?: number): Float64Array {
    const buffer = this.loop.buffers.findIndex(
      ({ source, life }) =>
        life === 'result' &&
        source?.kind === kind &&
        (index === undefined || ('index' in source && source.index === index)),
    );
    return this.numbers[buffer];
  }

  private run(
    { products, width, program }: LoopStage<LoopProduct | LoopScan>,
    steps: readonly number[],
  ): void {
    for (const product of products) this.runProduct(product, steps);
    this.eachRow(steps, (step, row) => {
      for (let unit = 0; unit < width; unit++) {
        const values = [
          ...program.loads.map((load) => this.load(load, step, row, unit)),
          ...program.constants,
        ];
        for (const { name, inputs } of program.operations) {
          values.push(operations[name].evaluate(...inputs.map((input) => values[input])));
        }
        for (const { value, slot } of program.stores) {
          const at = this.place(slot, step, row) + unit;
          const sum = slot.sum ? this.numbers[slot.buffer][at] : 0;
          this.numbers[slot.buffer][at] = sum + values[value];
        }
      }
    });
  }

  private runProduct(product: LoopProduct | LoopScan, steps: readonly number[]): void {
    switch (product.kind) {
      case 'rows': {
        const { left, weights, transposed, result, accumulate } = product;
        const depth = transposed ? weights.columns : weights.rows;
        this.eachNumber(steps, result, (step, row, unit, place) => {
          let sum = accumulate ? this.numbers[result.buffer][place] : 0;
          for (let k = 0; k < depth; k++) {
            const [i, j] = transposed ? [unit, k] : [k, unit];
            sum += this.load(left, step, row, k) * this.numbers[weights.buffer][matrixPlace(weights, i, j)];
          }
          this.numbers[result.buffer][place] = sum;
        });
        break;
      }
      case 'row': {
        const { name, parts, operand, result } = product;
        this.eachNumber(steps, result, (step, row, unit, place) => {
          const values = Array.from({ length: operand.width }, (_, i) => this.load(operand, step, row, i));
          this.numbers[result.buffer][place] = rowOperations[name](values, 0, operand.width, parts, unit);
        });
        break;
      }
      case 'scan': {
        const { factor, addend, reads, from, to } = product;
        this.eachNumber(steps, to, (step, row, unit, place) => {
          const old = this.load(from, step, row, unit);
          const isRead = reads === undefined || this.load(reads, step, row, unit) !== 0;
          const kept = isRead ? this.load(factor, step, row, unit) * old : 0;
          this.numbers[to.buffer][place] = kept + this.load(addend, step, row, unit);
        });
        break;
      }
      case 'weights': {
        const { left, right, result, mask } = product;
        this.eachRow(steps, (step, row) => {
          if (mask && this.load(mask, step, row, 0) === 0) return;
          for (let i = 0; i < left.width; i++) {
            for (let j = 0; j < right.width; j++) {
              this.numbers[result.buffer][matrixPlace(result, i, j)] +=
                this.load(left, step, row, i) * this.load(right, step, row, j);
            }
          }
        });
        break;
      }
    }
  }

  /** Copies the rows of a buffer at a step. */
  private copyRows(...[from, fromAt, fromStep, to, toAt, toStep]: [...Place, ...Place]): void {
    const { width } = this.loop.buffers[to];
    for (let row = 0; row < this.call.batch; row++) {
      const source = this.place({ buffer: from, at: fromAt, column: 0, width }, fromStep, row);
      const target = this.place({ buffer: to, at: toAt, column: 0, width }, toStep, row);
      this.numbers[to].set(this.numbers[from].subarray(source, source + width), target);
    }
  }

  private eachRow(steps: readonly number[], visit: (step: number, row: number) => void): void {
    for (const step of steps) for (let row = 0; row < this.call.batch; row++) visit(step, row);
  }

  private eachNumber(
    steps: readonly number[],
    rows: Reference,
    visit: (step: number, row: number, unit: number, place: number) => void,
  ): void {
    this.eachRow(steps, (step, row) => {
      const start = this.place(rows, step, row);
      for (let unit = 0; unit < rows.width; unit++) visit(step, row, unit, start + unit);
    });
  }

  private load(reference: Reference, step: number, row: number, unit: number): number {
    const at = this.place(reference, step, row) + (reference.spread ? 0 : unit);
    return this.numbers[reference.buffer][at];
  }

  /** Where the columns of a row begin. */
  private place({ buffer, at, column }: Reference, step: number, row: number): number {
    const { batch, timesteps, reverse = false } = this.call;
    const { rows, width } = this.loop.buffers[buffer];
    const layout = sequenceLayout(this.call);
    const time = reverse ? timesteps - 1 - step : step;
    const { byRows } = this.loop;
    const state = at === 'after' ? step + 1 : step;
    const numbers = {
      one: 0,
      batch: row,
      sequence: row * layout.row + time * layout.step,
      mask: row * timesteps + time,
      steps: byRows ? row * timesteps + time : step * batch + row,
      states: byRows ? row * (timesteps + 1) + (reverse ? timesteps - state : state) : state * batch + row,
    };
    return numbers[rows] * width + column;
  }
}

const matrixPlace = ({ firstRow, firstColumn, stride }: MatrixReference, row: number, column: number) =>
  (firstRow + row) * stride + firstColumn + column;
