import type { Backend, SequenceInputs } from '@sluice/core/backend';
import {
  type KernelArguments,
  RECURRENT,
  RECURRENT_GRADIENT,
  type RecurrentAttributes,
  type TensorAccess,
  type TensorInfo,
} from './kernels.js';

/** The kernels of a backend, ready for TensorFlow.js's `registerKernel` once `backendName` is added. */
export function recurrentKernels<TfjsBackend, Buffer>(
  engine: Backend<Buffer>,
  access: TensorAccess<TfjsBackend, Buffer>,
) {
  const read = ({ inputs, backend }: KernelArguments<TfjsBackend>, name: string): Buffer | undefined => {
    const tensor = inputs[name];
    return tensor && access.read(backend, tensor);
  };
  const required = (call: KernelArguments<TfjsBackend>, name: string): Buffer => {
    const buffer = read(call, name);
    if (buffer === undefined) throw new Error(`${RECURRENT}: the input '${name}' is missing.`);
    return buffer;
  };
  const sequenceInputs = (call: KernelArguments<TfjsBackend>): SequenceInputs<Buffer> => {
    const { plan, reverse, maskedOutput, timeMajor, startsFromZeros } = call.attrs as RecurrentAttributes;
    const [first, second] = call.inputs.x?.shape ?? [];
    const [batch, timesteps] = timeMajor ? [second, first] : [first, second];
    return {
      batch,
      timesteps,
      x: required(call, 'x'),
      parameters: plan.parameters.map((_, i) => required(call, `parameter${i}`)),
      initialStates: startsFromZeros ? undefined : plan.states.map((_, i) => required(call, `state${i}`)),
      mask: read(call, 'mask'),
      recurrentMasks: plan.recurrentMasks.map((_, i) => required(call, `recurrentMask${i}`)),
      reverse,
      maskedOutput,
      timeMajor,
    };
  };

  /** The shape of sequences, without their features. */
  const steps = ({ batch, timesteps, timeMajor }: SequenceInputs<Buffer>) =>
    timeMajor ? [timesteps, batch] : [batch, timesteps];

  const savedBuffers = new WeakMap<object, Buffer>();
  /**
   * The tensor owns the buffer, but says that it is empty: TensorFlow.js makes zeros as the cotangent of every output that
   * has none, and of this one they would be as many as all other outputs have together, several times over.
   */
  const wrapSaved = (
    { backend }: KernelArguments<TfjsBackend>,
    saved: Buffer = engine.upload(new Float32Array(0)),
  ): TensorInfo => {
    const tensor = access.wrapSaved?.(backend, saved) ?? access.wrap(backend, saved, [0]);
    savedBuffers.set(tensor.dataId, saved);
    return tensor;
  };
  const savedOf = ({ inputs }: KernelArguments<TfjsBackend>): Buffer | undefined =>
    inputs.saved && savedBuffers.get(inputs.saved.dataId);

  const forward = (call: KernelArguments<TfjsBackend>): TensorInfo[] => {
    const { plan, keep } = call.attrs as RecurrentAttributes;
    const inputs = sequenceInputs(call);
    const { batch } = inputs;
    const result = engine.forward(plan, inputs, keep);
    const wrap = (buffer: Buffer, shape: number[]) => access.wrap(call.backend, buffer, shape);
    return [
      wrap(result.sequence, [...steps(inputs), plan.units]),
      ...result.states.map((state) => wrap(state, [batch, plan.units])),
      wrapSaved(call, result.saved),
    ];
  };

  const gradient = (call: KernelArguments<TfjsBackend>): TensorInfo[] => {
    const { plan } = call.attrs as RecurrentAttributes;
    const inputs = sequenceInputs(call);
    const { batch } = inputs;
    const result = { sequence: required(call, 'sequence'), states: [], saved: savedOf(call) };
    const cotangents = {
      sequence: read(call, 'dSequence'),
      states: plan.states.map((_, i) => read(call, `dState${i}`)),
    };
    const { x, parameters, initialStates } = engine.gradient(plan, inputs, result, cotangents);
    if (!inputs.initialStates) for (const state of initialStates) engine.release(state);
    const wrap = (buffer: Buffer, shape: readonly number[]) => access.wrap(call.backend, buffer, [...shape]);
    return [
      wrap(x, [...steps(inputs), plan.inputSize]),
      ...plan.parameters.map(({ shape }, i) => wrap(parameters[i], shape)),
      ...(inputs.initialStates ? initialStates : []).map((state) => wrap(state, [batch, plan.units])),
    ];
  };

  return [
    { kernelName: RECURRENT, kernelFunc: forward },
    { kernelName: RECURRENT_GRADIENT, kernelFunc: gradient },
  ];
}
