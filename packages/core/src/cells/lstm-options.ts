import type { ActivationSetting } from '../equations/activations.js';

export interface LstmOptions {
  /** Of the candidate. Default `tanh`. */
  readonly activation?: ActivationSetting;
  /** Of the gates. Default `sigmoid`. */
  readonly recurrentActivation?: ActivationSetting;
  /** Of the cell state in the output. Default: the candidate's. */
  readonly outputActivation?: ActivationSetting;
  /** Whether the gates read the cell state (Gers 2000): `i` and `f` the old one, `o` the new one. Default false. */
  readonly peephole?: boolean;
  /** Whether the forget gate is `1 − i` and has no weights (ONNX: `input_forget`). Default false. */
  readonly inputForget?: boolean;
  /** The width of `h`, a projection of `units` numbers (Sak et al. 2014; PyTorch: `proj_size`). Default: none. */
  readonly projection?: number;
  /** Whether products and cell state are normalised (Ba et al. 2016); not with the other options but activations. Default false. */
  readonly layerNorm?: boolean;
  /** Limits the arguments of activations to ±clip (ONNX: `clip`). Default: no limit. */
  readonly clip?: number;
  /** Default true. */
  readonly useBias?: boolean;
}
