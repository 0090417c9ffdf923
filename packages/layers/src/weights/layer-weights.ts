import { tidy, type Variable } from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import type { Constraint } from './weight-rules.js';

/**
 * Keeps a weight to its constraint as Keras does: after every update by an optimizer, never when it is loaded.
 *
 * TensorFlow.js has it the other way round: an optimizer assigns to the variable inside the weight and knows no constraint,
 * while `setWeights` and `loadLayersModel` write through the weight, which applies the one it was made with.
 */
export function keepConstrained(weight: LayerVariable, constraint: Constraint): void {
  const variable = weight.read() as Variable;
  const { assign } = variable;
  const { write } = weight;
  let loading = false;
  variable.assign = (value) => {
    assign.call(variable, value);
    if (loading) return;
    tidy(() => {
      const constrained = constraint.apply(variable);
      if (constrained !== variable) assign.call(variable, constrained as typeof value);
    });
  };
  weight.write = (value) => {
    loading = true;
    try {
      return write.call(weight, value) as LayerVariable;
    } finally {
      loading = false;
    }
  };
}
