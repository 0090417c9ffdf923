import type { ActivationSetting } from '../equations/activations.js';
import type { Expression } from '../equations/expression.js';

export interface GruOptions {
  /** Of the candidate. Default `tanh`. */
  readonly activation?: ActivationSetting;
  /** Of the gates. Default `sigmoid`. */
  readonly recurrentActivation?: ActivationSetting;
  /**
   * Whether the reset gate acts after the recurrent product (cuDNN, PyTorch, Keras's default) rather than before it
   * (Cho 2014). The first has one matrix product per step, the second two. Default true.
   */
  readonly resetAfter?: boolean;
  /** The meaning of `z = 1`: `keep` the state (Keras, PyTorch, ONNX; default) or `take` the candidate (Chung 2014). */
  readonly update?: 'keep' | 'take';
  /** Limits the arguments of activations to ±clip (ONNX: `clip`). Default: no limit. */
  readonly clip?: number;
  /** Whether the products are normalised (Ba et al. 2016); only in the reset-after form, without `clip`. Default false. */
  readonly layerNorm?: boolean;
  /**
   * The number of equal parts into which input and state are divided; it divides both sizes. Each part is a GRU of its own (the
   * kernels are block-diagonal), as in GTCRN (Rong et al. 2024). Not with `layerNorm`. Default 1.
   */
  readonly groups?: number;
  /** Default true. */
  readonly useBias?: boolean;
}

/** The new state from the update gate, the old state and the candidate. */
export function mixState(update: 'keep' | 'take', z: Expression, h: Expression, n: Expression): Expression {
  return update === 'keep' ? z.mul(h).add(z.oneMinus().mul(n)) : z.oneMinus().mul(h).add(z.mul(n));
}
