import { type BackendName, backendNamed } from '../backends.js';
import type { ContenderName, Measured } from '../run/results.js';
import type { Shape, Task, Workload } from '../workloads/workload.js';

/** The name of a choice and a sentence about it, for a reader. */
interface Description {
  readonly name: string;
  readonly note: string;
}

export const WORKLOAD_NAMES: Readonly<Record<Workload, Description>> = {
  forward: { name: 'Forward', note: 'one layer over a batch of sequences, all outputs read back' },
  gradient: { name: 'Gradient', note: 'the same, and the gradient for its input and every weight' },
  train: {
    name: 'Training batch',
    note: 'one batch of a text classifier: embedding of 10,000 words, two recurrent layers, a dense unit, Adam',
  },
  step: {
    name: 'Streaming step',
    note: 'one timestep of a stream; the states are carried from call to call',
  },
};

export const CONTENDER_NAMES: Readonly<Record<ContenderName, Description>> = {
  sluice: { name: 'Sluice', note: 'its layers and kernels on TensorFlow.js, and its engines for steps' },
  'sluice-engine': { name: 'Sluice’s engine', note: 'without TensorFlow.js; results stay on the device' },
  'sluice-stream': { name: 'Sluice’s stream', note: 'one sequence step by step, without TensorFlow.js' },
  'tf.layers': { name: 'tf.layers', note: 'TensorFlow.js’s own layers on the same devices' },
  'onnxruntime-web': {
    name: 'onnxruntime-web',
    note: 'on WASM alone: its WebGPU has no operators of recurrent layers',
  },
};

const CELL_NAMES: Readonly<Record<string, string>> = {
  gru: 'GRU',
  lstm: 'LSTM',
  sru: 'SRU',
  simpleRnn: 'Simple RNN',
  minGru: 'minGRU',
  minLstm: 'minLSTM',
  indRnn: 'IndRNN',
  liGru: 'Li-GRU',
  sLstm: 'sLSTM',
  mLstm: 'mLSTM',
  rgLru: 'RG-LRU',
  qrnn: 'QRNN',
  cfc: 'CfC',
  s6: 'S6',
  attentionGru: 'GRU with attention',
};

export const cellName = (cell: string): string => CELL_NAMES[cell] ?? cell;

export const backendLabel = (backend: BackendName): string => backendNamed(backend).label;

/** `Sluice · WASM, 1 thread` */
export const competitorLabel = ({ contender, backend }: Pick<Measured, 'contender' | 'backend'>): string =>
  `${CONTENDER_NAMES[contender].name} · ${backendLabel(backend)}`;

/** `batch 64, 50 steps, 128 → 128 units` */
export const shapeLabel = ([batch, timesteps, inputSize, units]: Shape): string =>
  `batch ${batch}, ${timesteps === 1 ? '1 step' : `${timesteps} steps`}, ${inputSize} → ${units} units`;

export const taskLabel = ({ cell, shape }: Task): string => `${cellName(cell)}: ${shapeLabel(shape)}`;

/** The name of a contender's colour in the style sheet. */
export const colorOf = (contender: ContenderName): string => `--${contender.replace(/\W/g, '-')}`;
