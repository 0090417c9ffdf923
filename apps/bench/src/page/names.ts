import { type BackendName, backendNamed } from '../backends.js';
import type { ContenderName } from '../contenders/catalogue.js';
import type { Shape, Task, Workload } from '../workloads/workload.js';

/** What a workload is, for a reader. */
export const WORKLOAD_NAMES: Readonly<Record<Workload, { readonly name: string; readonly what: string }>> = {
  forward: { name: 'Forward', what: 'one layer over a batch of sequences, all outputs read back' },
  gradient: { name: 'Gradient', what: 'the same, and the gradient for its input and every weight' },
  train: {
    name: 'Training batch',
    what: 'one batch of a text classifier: embedding of 10,000 words, two recurrent layers, a dense unit, Adam',
  },
  step: {
    name: 'Streaming step',
    what: 'one timestep of a stream whose states are carried from call to call',
  },
};

const CELL_NAMES: Readonly<Record<string, string>> = {
  gru: 'GRU',
  lstm: 'LSTM',
  sru: 'SRU',
  simpleRnn: 'Simple RNN',
  minGru: 'minGRU',
  indRnn: 'IndRNN',
  liGru: 'Li-GRU',
};

export const cellName = (cell: string): string => CELL_NAMES[cell] ?? cell;

export const CONTENDER_NAMES: Readonly<Record<ContenderName, string>> = {
  sluice: 'Sluice',
  'sluice-engine': 'Sluice’s engine',
  'tf.layers': 'tf.layers',
  'onnxruntime-web': 'onnxruntime-web',
};

/** What a reader must know to choose them. */
export const CONTENDER_NOTES: Readonly<Record<ContenderName, string>> = {
  sluice: 'its layers and kernels on TensorFlow.js, and its engines for steps',
  'sluice-engine': 'without TensorFlow.js; results stay where they are',
  'tf.layers': 'TensorFlow.js’s own layers on the same devices',
  'onnxruntime-web': 'on WASM alone: its WebGPU has no operators of recurrent layers',
};

export function backendLabel(backend: BackendName): string {
  const { tfjsName, threads } = backendNamed(backend);
  if (tfjsName === 'cpu') return 'CPU (JavaScript)';
  if (tfjsName === 'webgpu') return 'WebGPU';
  return threads === 1 ? 'WASM, 1 thread' : `WASM, ${threads} threads`;
}

/** `batch 64, 50 steps, 128 → 128 units` */
export function shapeLabel([batch, timesteps, inputSize, units]: Shape): string {
  return `batch ${batch}, ${timesteps === 1 ? '1 step' : `${timesteps} steps`}, ${inputSize} → ${units} units`;
}

export const taskLabel = ({ cell, shape }: Task): string => `${cellName(cell)}: ${shapeLabel(shape)}`;

/** The name of a contender's colour in the style sheet. */
export const swatchOf = (contender: ContenderName): string => contender.replace(/\W/g, '-');
