/**
 * `forward`: one layer over a batch of sequences. `gradient`: the same and its gradient. `train`: see `classifier.ts`.
 * `step`: see `stream.ts`.
 */
export const WORKLOADS = ['forward', 'gradient', 'train', 'step'] as const;
export type Workload = (typeof WORKLOADS)[number];

/**
 * Batch, timesteps, inputSize, units: of one call. For `train`, inputSize is the size of the embedding; for `step` there is
 * one timestep.
 */
export type Shape = readonly [batch: number, timesteps: number, inputSize: number, units: number];

/** The shape in a text of four positive whole numbers, separated by commas or spaces; undefined for other texts. */
export function parseShape(text: string): Shape | undefined {
  const sizes = text.split(/[,\s]+/).map(Number);
  const isShape = sizes.length === 4 && sizes.every((size) => Number.isInteger(size) && size > 0);
  return isShape ? (sizes as unknown as Shape) : undefined;
}

/** A cell as core's catalogue knows it: plain data, so that it can be sent to a worker. */
export interface CellForm {
  readonly name: string;
  readonly options: { readonly [option: string]: boolean };
}

/** A workload with a shape and a cell. */
export interface Task {
  readonly workload: Workload;
  readonly shape: Shape;
  /** The name of a cell in core's catalogue. */
  readonly cell: string;
}

/** The cells measured unless others are asked for. */
export const DEFAULT_CELLS = ['gru', 'lstm', 'sru', 'simpleRnn'];

export type ShapesByWorkload = Readonly<Record<Workload, readonly Shape[]>>;

/** The shape of a quick comparison. */
export const TYPICAL_SHAPE: Shape = [64, 50, 128, 128];

const LAYER_SHAPES: readonly Shape[] = [
  [1, 50, 128, 128],
  TYPICAL_SHAPE,
  [1, 1000, 512, 512],
  [32, 100, 512, 512],
];

/** One shape of each workload, for a quick comparison. */
export const TYPICAL_SHAPES: ShapesByWorkload = {
  forward: [TYPICAL_SHAPE],
  gradient: [TYPICAL_SHAPE],
  train: [TYPICAL_SHAPE],
  step: [[1, 1, 128, 128]],
};

/** The shapes of a workload unless others are asked for. */
export const DEFAULT_SHAPES: ShapesByWorkload = {
  ...TYPICAL_SHAPES,
  forward: LAYER_SHAPES,
  gradient: LAYER_SHAPES,
};

/**
 * The tasks of one alternation: one workload and shape with several cells. So cells can be compared like contenders on a
 * machine whose speed drifts.
 */
export interface Series {
  readonly workload: Workload;
  readonly shape: Shape;
  readonly cells: readonly string[];
}

export interface TaskSelection {
  readonly workloads: readonly Workload[];
  readonly cells: readonly string[];
  /** For every workload, or for each its own. */
  readonly shapes?: readonly Shape[] | ShapesByWorkload | undefined;
}

/** A series for each workload and shape asked for; `step` takes one timestep of a shape. */
export function seriesOf({ workloads, cells, shapes = DEFAULT_SHAPES }: TaskSelection): Series[] {
  return workloads.flatMap((workload) => {
    const given = 'forward' in shapes ? shapes[workload] : shapes;
    const chosen = workload === 'step' ? singleSteps(given) : given;
    return chosen.map((shape): Series => ({ workload, shape, cells }));
  });
}

/** One timestep of each shape, without repetitions. */
const singleSteps = (shapes: readonly Shape[]): Shape[] => [
  ...new Map(
    shapes.map(([batch, , ...sizes]) => [[batch, ...sizes].join(), [batch, 1, ...sizes] as const]),
  ).values(),
];

/** The tasks of a series, in the order of its cells. */
export function tasksOf({ workload, shape, cells }: Series): Task[] {
  return cells.map((cell) => ({ workload, shape, cell }));
}

/** The form of a cell that Sluice is measured in: the GRU as Keras 3, PyTorch and cuDNN have it. */
export function formOf(cell: string): CellForm {
  return { name: cell, options: cell === 'gru' ? { resetAfter: true } : {} };
}

/** A task in words, `gradient gru (64, 50, 128, 128)`, or a series with all its cells, `gradient gru, lstm (64, …)`. */
export function titleOf(what: Task | Series): string {
  const cells = 'cell' in what ? what.cell : what.cells.join(', ');
  return `${what.workload} ${cells} (${what.shape.join(', ')})`;
}
