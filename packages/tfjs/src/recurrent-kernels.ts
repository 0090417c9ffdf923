import type { Backend, SequenceInputs } from '@sluice/core/backend';
import {
  type DataOwner,
  type KernelArguments,
  RECURRENT,
  RECURRENT_GRADIENT,
  type RecurrentAttributes,
  type TensorAccess,
  type TensorInfo,
  type UnwrappedTensor,
  wrapOutputs,
} from './kernels.js';

/** The kernels of a backend, ready for TensorFlow.js's `registerKernel` once `backendName` is added. */
export function recurrentKernels<TfjsBackend extends DataOwner, Buffer>(
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

  const release = (buffer?: Buffer) => {
    if (buffer !== undefined) engine.release(buffer);
  };
  const unwrapped = (
    { backend }: KernelArguments<TfjsBackend>,
    buffer: Buffer,
    shape: readonly number[],
  ): UnwrappedTensor<Buffer> => ({ buffer, wrap: () => access.wrap(backend, buffer, [...shape]) });

  const savedBuffers = new WeakMap<object, Buffer>();
  /**
   * A tensor that owns the saved values and whose shape is empty: for each output without a cotangent, TensorFlow.js
   * allocates zeros of its shape, and the saved values are several times as large as all other outputs.
   */
  const wrapSaved = (backend: TfjsBackend, saved?: Buffer): TensorInfo => {
    const buffer = saved ?? engine.upload(new Float32Array(0));
    try {
      const tensor = access.wrapSaved?.(backend, buffer) ?? access.wrap(backend, buffer, [0]);
      savedBuffers.set(tensor.dataId, buffer);
      return tensor;
    } catch (error) {
      if (saved === undefined) release(buffer);
      throw error;
    }
  };
  const savedOf = ({ inputs }: KernelArguments<TfjsBackend>): Buffer | undefined =>
    inputs.saved && savedBuffers.get(inputs.saved.dataId);

  const forward = (call: KernelArguments<TfjsBackend>): TensorInfo[] => {
    const { plan, keep } = call.attrs as RecurrentAttributes;
    const inputs = sequenceInputs(call);
    const { batch } = inputs;
    const { sequence, states, saved } = engine.forward(plan, inputs, keep);
    const outputs = [
      unwrapped(call, sequence, [...steps(inputs), plan.outputWidth]),
      ...states.map((state, s) => unwrapped(call, state, [batch, plan.stateWidths[s]])),
      { buffer: saved, wrap: () => wrapSaved(call.backend, saved) },
    ];
    return wrapOutputs(outputs, call.backend, release);
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
    const outputs = [
      unwrapped(call, x, [...steps(inputs), plan.inputSize]),
      ...plan.parameters.map(({ shape }, i) => unwrapped(call, parameters[i], shape)),
      ...(inputs.initialStates ? initialStates : []).map((state, s) =>
        unwrapped(call, state, [batch, plan.stateWidths[s]]),
      ),
    ];
    return wrapOutputs(outputs, call.backend, release);
  };

  return [
    { kernelName: RECURRENT, kernelFunc: forward },
    { kernelName: RECURRENT_GRADIENT, kernelFunc: gradient },
  ];
}
