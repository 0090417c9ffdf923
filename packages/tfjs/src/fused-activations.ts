import type { KernelArguments, TensorInfo } from './kernels.js';

/** A kernel of TensorFlow.js with one output. */
type SingleOutput<TfjsBackend> = (call: KernelArguments<TfjsBackend>) => TensorInfo;

/**
 * Wraps a product with a fused activation, such as `_FusedMatMul`, so that the activation runs as a separate kernel.
 *
 * @param kernelFunc the product; its attribute `activation` names the activation.
 * @param findActivation finds the kernel of an activation, with one input `x`; without one the activation stays fused.
 */
export function withSeparateActivation<TfjsBackend extends { disposeData(dataId: object): unknown }>(
  kernelFunc: SingleOutput<TfjsBackend>,
  findActivation: (name: string) => SingleOutput<TfjsBackend> | undefined,
): SingleOutput<TfjsBackend> {
  return (call) => {
    const attrs = call.attrs as { activation?: string } | undefined;
    const activation = findActivation(attrs?.activation ?? 'linear');
    if (!activation) return kernelFunc(call);
    const { backend } = call;
    const product = kernelFunc({ ...call, attrs: { ...attrs, activation: 'linear' } });
    const result = activation({ inputs: { x: product }, attrs: {}, backend });
    backend.disposeData(product.dataId);
    return result;
  };
}
