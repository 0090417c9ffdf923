import type { Plan } from '../plan/plan.js';
import type { Backend, SequenceGradient, SequenceResult } from './interface.js';

type Upload<Buffer> = Backend<Buffer>['upload'];

const nothing = <Buffer>(upload: Upload<Buffer>): Buffer => upload(new Float32Array(0));

/** What `forward` gives for a batch without sequences: buffers of no numbers. */
export const emptyResult = <Buffer>(
  upload: Upload<Buffer>,
  { states }: Plan,
  keep: boolean,
): SequenceResult<Buffer> => ({
  sequence: nothing(upload),
  states: states.map(() => nothing(upload)),
  saved: keep ? nothing(upload) : undefined,
});

/** What `gradient` gives for a batch without sequences: zeros for the parameters, whose gradients are sums over a batch. */
export const emptyGradient = <Buffer>(
  upload: Upload<Buffer>,
  { states, parameters }: Plan,
): SequenceGradient<Buffer> => ({
  x: nothing(upload),
  parameters: parameters.map(({ shape }) => upload(new Float32Array(shape.reduce((a, b) => a * b, 1)))),
  initialStates: states.map(() => nothing(upload)),
});
