// A backend that computes with core's float64 reference: right, and slow. Replace its methods one by one by your device's.
import { referenceForward, referenceGradient } from '@sluice/core';
import { checkCotangents, checkInputs, checkResult, withOwnedBuffers } from '@sluice/core/backend';

const exact = (values) => values && Float64Array.from(values);
const rounded = (values) => Float32Array.from(values);

/** Inputs with other arrays. */
const convert = (inputs) => ({
  ...inputs,
  x: exact(inputs.x),
  parameters: inputs.parameters.map(exact),
  initialStates: inputs.initialStates?.map(exact),
  mask: exact(inputs.mask),
  recurrentMasks: inputs.recurrentMasks?.map(exact),
});

class MyBackend {
  name = 'mine';
  upload = (values) => values.slice();
  download = async (buffer) => buffer.slice();
  release() {}
  savedLength = (_plan, batch, timesteps) => batch * timesteps;

  forward(plan, inputs, keep = false) {
    checkInputs(plan, inputs);
    const { sequence, states } = referenceForward(plan, convert(inputs));
    const saved = keep ? new Float32Array(this.savedLength(plan, inputs.batch, inputs.timesteps)) : undefined;
    return { sequence: rounded(sequence), states: states.map(rounded), saved };
  }

  gradient(plan, inputs, result, { sequence, states }) {
    checkInputs(plan, inputs);
    checkResult(plan, inputs, result, this.savedLength(plan, inputs.batch, inputs.timesteps));
    checkCotangents(plan, inputs, { sequence, states });
    const cotangents = { sequence: exact(sequence), states: states?.map(exact) };
    const { x, parameters, initialStates } = referenceGradient(plan, convert(inputs), cotangents);
    const rest = { parameters: parameters.map(rounded), initialStates: initialStates.map(rounded) };
    return { x: rounded(x), ...rest };
  }
}

export default { name: 'mine', create: () => withOwnedBuffers(new MyBackend()) };
