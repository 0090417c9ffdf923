/** The messages between the page and its worker: plain data. */

/** A cell as its equations: text, or LaTeX. */
export interface CellText {
  /** For the legend of charts. */
  readonly name: string;
  readonly equations: string;
}

/** The tasks by name. */
export const TASKS = ['languages', 'adding', 'copying', 'file'] as const;
export type TaskName = (typeof TASKS)[number];

/** The devices, the fastest for small networks first. */
export const DEVICES = ['wasm', 'webgpu', 'cpu'] as const;
export type Device = (typeof DEVICES)[number];

/** The devices in words. */
export const DEVICE_NAMES: Readonly<Record<Device, string>> = {
  wasm: 'WebAssembly',
  webgpu: 'WebGPU',
  cpu: 'CPU',
};

/** What a run is made of. The same settings on the same device give the same numbers. */
export interface RunSettings {
  readonly cells: readonly CellText[];
  readonly task: TaskName;
  readonly device: Device;
  readonly units: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly seed: number;
}

export type Request =
  | {
      readonly kind: 'train';
      readonly settings: RunSettings;
      readonly file?: { readonly name: string; readonly text: string };
    }
  | { readonly kind: 'cancel' }
  /** Passes a text through the trained cells; for tasks without texts, a sequence of the task. */
  | { readonly kind: 'look'; readonly text: string }
  | { readonly kind: 'save'; readonly cell: number };

/** One epoch of one cell: means over the examples so far, and accuracies between 0 and 1. */
export interface Progress {
  readonly cell: number;
  readonly epoch: number;
  /** Finished batches, and all of the epoch. */
  readonly batch: number;
  readonly batches: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly examplesPerSecond: number;
}

/** What a sequence does in one cell. */
export interface Look {
  readonly name: string;
  /** What each step reads: a token, or the numbers of the step. */
  readonly steps: readonly string[];
  /** The named values of the equations: a row of numbers for each step. */
  readonly values: readonly { readonly name: string; readonly rows: readonly (readonly number[])[] }[];
  /** ‖dL/dhₜ‖ after each step, for each state. */
  readonly gradients: readonly { readonly name: string; readonly norms: readonly number[] }[];
  /** The answer, and the probability of each class if the task has classes. */
  readonly answer: string;
  readonly probabilities: readonly { readonly label: string; readonly probability: number }[];
}

export type Reply =
  | { readonly kind: 'started'; readonly parameters: readonly number[] }
  | { readonly kind: 'progress'; readonly progress: Progress }
  /** The test set after an epoch. */
  | {
      readonly kind: 'tested';
      readonly cell: number;
      readonly epoch: number;
      readonly loss: number;
      readonly accuracy: number;
    }
  /** The loss of a cell is no number any more; the other cells go on. */
  | { readonly kind: 'diverged'; readonly cell: number; readonly epoch: number }
  | { readonly kind: 'finished'; readonly cancelled: boolean }
  | { readonly kind: 'looked'; readonly looks: readonly Look[] }
  | { readonly kind: 'saved'; readonly name: string; readonly zip: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'failed'; readonly message: string };
