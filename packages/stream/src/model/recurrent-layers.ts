/** Recurrent layers of any cell. */
import { cellFrom } from '@sluice/core';
import { add, concatenate, multiply, recurrent, Signal } from '@sluice/core/network';
import type { RecurrentLayerData } from '@sluice/formats';
import { type Flow, type LayerCall, withSignal } from './layer-call.js';

/**
 * A recurrent layer. Its states pass from frame to frame. Each frame begins with zeros where time runs backwards in one of its
 * directions, and where the sequence is made within a frame.
 */
export function recurrentLayer(call: LayerCall, data: RecurrentLayerData): Flow {
  if (data.call.returnState) throw new Error('it returns its states');
  if (call.isOn('return_state', false)) throw new Error('it returns its states');
  const { sequence } = call;
  const { inputSize, units } = data.sizes;
  if (sequence.channels !== inputSize) {
    throw new Error(
      `it reads ${inputSize} features, but is given ${sequence.channels}; give other timesteps`,
    );
  }
  const returnSequences = data.call.returnSequences === true;
  const cell = cellFrom(data.cell);
  const isForward = data.directions.every(({ goBackwards }) => !goBackwards);
  const carry = isForward && !call.input.isWithinFrame;
  if (!isForward) call.seesFrame('time runs backwards in it');
  const isAlone = data.directions.length === 1;
  const outputs = data.directions.map(({ goBackwards, weights }, i) => {
    const input = goBackwards ? reversed(sequence) : sequence;
    const part = isAlone ? undefined : i === 0 ? 'forward' : 'backward';
    const output = call.apply(recurrent({ cell, units, carry, returnSequences }), input, weights, part);
    // The second direction of a Bidirectional is turned back, whichever it is.
    return i === 1 && returnSequences ? reversed(output) : output;
  });
  const signal = isAlone ? outputs[0] : merged(outputs, data.mergeMode);
  return { ...withSignal(call.input, signal), isSequence: returnSequences };
}

const reversed = (signal: Signal): Signal => Signal.join([...signal.rows].reverse(), signal.channels);

function merged(outputs: readonly Signal[], mode: RecurrentLayerData['mergeMode'] = 'concat'): Signal {
  if (mode === 'concat') return concatenate(...outputs);
  if (mode === 'sum') return add(...outputs);
  if (mode === 'mul') return multiply(...outputs);
  if (mode === 'ave') {
    const sum = add(...outputs);
    return sum.map(sum.channels, (row) => row.mul(0.5));
  }
  throw new Error('it does not merge its directions (merge_mode is null)');
}
