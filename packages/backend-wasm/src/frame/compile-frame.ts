import type { Plan } from '@sluice/core';
import { type Frame, frameOf, type LoopProduct, type LoopStage, type Reference } from '@sluice/core/backend';
import type { Address } from '../engine/bytes/function-body.js';
import { Lanes } from '../engine/bytes/lanes.js';
import { type ModuleFunction, writeModule } from '../engine/bytes/wasm-module.js';
import { splitProgram } from '../engine/program/split-program.js';
import { writeParts } from '../engine/program/write-program.js';
import { FrameBody } from './frame-body.js';
import type { IntegerProducts } from './integer-products.js';
import {
  countPanels,
  type FrameLayout,
  inPanels,
  PANEL_WIDTHS,
  packWeights,
  WeightPlaces,
} from './layout.js';
import { writeProduct } from './write-product.js';
import { ROW_VARIABLES, writeRowOperation } from './write-row-operation.js';

/**
 * One time step of one sequence as a WebAssembly module, with packed weights. It is plain data: it can be saved, and sent to a
 * worker or an AudioWorklet.
 *
 * The module imports a memory, `env.memory`, and exports `run(weights, stream)`, whose arguments are the addresses of the two
 * regions. It needs SIMD, but not relaxed SIMD, so it gives the same numbers everywhere.
 */
export interface CompiledFrame {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly layout: FrameLayout;
  /** The region of the weights. */
  readonly weights: ArrayBuffer;
}

/**
 * Compiles one time step of a plan.
 * @param parameters those of the plan, in its order.
 * @param integers for matrices in 8 bits: `integerProducts`.
 */
export const compileFrame = (
  plan: Plan,
  parameters: readonly ArrayLike<number>[],
  integers?: IntegerProducts,
): CompiledFrame => new FrameCompiler(plan, integers).compile(parameters);

const WEIGHTS = 0;
const STREAM = 1;

class FrameCompiler {
  private readonly frame: Frame;
  private readonly weights: WeightPlaces;
  private readonly functions: ModuleFunction[] = [];
  /** The functions for the depths of products, by what has written them. */
  private readonly written = new Map<(depth: number) => ModuleFunction, Map<number, number>>();
  private readonly quantized: ReturnType<IntegerProducts['rows']>;
  private readonly body = new FrameBody(2, ROW_VARIABLES);
  private readonly lanes = new Lanes(this.body, false);
  /** The numbers of the rows through which parts of a program pass values. */
  private spareLength = 0;
  private readonly variables = Array.from({ length: ROW_VARIABLES }, () => this.body.integer());

  constructor(
    plan: Plan,
    private readonly integers: IntegerProducts | undefined,
  ) {
    this.frame = frameOf(plan);
    this.weights = new WeightPlaces(plan, this.frame, integers);
    this.quantized = integers?.rows(this.frame) ?? { rows: new Map(), length: 0 };
  }

  compile(parameters: readonly ArrayLike<number>[]): CompiledFrame {
    const { frame, body, weights, functions } = this;
    const { loop, length, input, output, state } = frame;
    for (const stage of [...loop.before, ...loop.body, ...loop.after]) this.stage(stage);
    if (state.length > 0) {
      this.copy(this.inStream(state.start + state.length), this.inStream(state.start), state.length);
    }
    functions.push({ parameters: 2, body });
    const layout: FrameLayout = {
      weightLength: weights.length,
      streamLength: length + SPARE + this.quantized.length + this.spareLength,
      ...{ input, output, state },
    };
    return {
      bytes: writeModule(functions, false),
      layout,
      weights: packWeights(weights.list, weights.length, parameters, this.integers),
    };
  }

  private stage({ products, width, program }: LoopStage): void {
    for (const product of products) {
      if (product.kind === 'weights') throw new Error('a frame has no gradients');
      if (product.kind === 'rows') this.product(product);
      else this.rowOperation(product);
    }
    if (program.stores.length === 0) return;
    const own = new FrameBody(2, 1);
    const places = [...program.loads, ...program.stores.map(({ slot }) => slot)];
    const addresses = places.map((place) => this.address(place));
    const { parts, spares } = splitProgram(program);
    const spareStart = this.frame.length + SPARE + this.quantized.length;
    for (let i = 0; i < spares; i++) addresses.push(this.inStream(spareStart + i * inPanels(width)));
    this.spareLength = Math.max(this.spareLength, spares * inPanels(width));
    writeParts(own, new Lanes(own, false), parts, width, addresses, own.integer());
    this.functions.push({ parameters: 2, body: own });
    this.body.call(this.functions.length - 1, [startOf(this.body, WEIGHTS), startOf(this.body, STREAM)]);
  }

  private product(product: LoopProduct & { readonly kind: 'rows' }): void {
    const { left, weights, result } = product;
    const packed = { base: this.body.parameter(WEIGHTS), offset: this.weights.matrix(weights) * 4 };
    const panels = countPanels(weights.columns, this.integers?.widths ?? PANEL_WIDTHS);
    const row = this.quantizedRow(product) ?? this.address(left);
    const multiply = this.functionFor(this.integers?.writeProduct ?? writeProduct, weights.rows);
    this.body.call(multiply, [row, packed, this.address(result), ...panels]);
  }

  /** The row of a product in whole numbers, rounded if no product before it has done so; undefined without `integers`. */
  private quantizedRow(product: LoopProduct & { readonly kind: 'rows' }): Address | undefined {
    const row = this.quantized.rows.get(product);
    if (row === undefined || this.integers === undefined) return undefined;
    const place = this.inStream(this.frame.length + SPARE + row.start);
    if (row.first) {
      const round = this.functionFor(this.integers.writeRow, product.weights.rows);
      this.body.call(round, [this.address(product.left), place]);
    }
    return place;
  }

  /** The function that `write` writes for products with `depth` rows of weights. */
  private functionFor(write: (depth: number) => ModuleFunction, depth: number): number {
    const known = this.written.get(write) ?? new Map<number, number>();
    this.written.set(write, known);
    const found = known.get(depth);
    if (found !== undefined) return found;
    this.functions.push(write(depth));
    known.set(depth, this.functions.length - 1);
    return this.functions.length - 1;
  }

  private rowOperation({ name, parts, operand, result }: LoopProduct & { readonly kind: 'row' }): void {
    const operation = { name, parts, width: operand.width, spare: this.inStream(this.frame.length) };
    const places = { operand: this.address(operand), result: this.address(result) };
    writeRowOperation(this.body, this.lanes, { ...operation, ...places }, this.variables);
  }

  private copy(operand: Address, result: Address, width: number): void {
    const operation = { name: 'copy', parts: 1, width, operand, result, spare: result } as const;
    writeRowOperation(this.body, this.lanes, operation, this.variables);
  }

  private inStream(start: number): Address {
    return { base: this.body.parameter(STREAM), offset: start * 4 };
  }

  /** The address of a row; functions have the same parameters as the one for the whole frame. */
  private address(reference: Reference): Address {
    const start = this.frame.startOf(reference);
    if (start !== undefined) return this.inStream(start);
    const offset = (this.weights.vector(reference.buffer) + reference.column) * 4;
    return { base: this.body.parameter(WEIGHTS), offset };
  }
}

/** Numbers behind the frame's rows for the code's own use. */
const SPARE = 4;

const startOf = (body: FrameBody, region: number): Address => ({
  base: body.parameter(region),
  offset: 0,
});
