import type { OperationName } from '@sluice/core/backend';
import { replaceKernel, withSeparateActivation } from '@sluice/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { getKernel, type KernelConfig, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { writeFunctions } from '../engine/wgsl/operations.js';

/**
 * Replaces TensorFlow.js's webgpu kernels that return a number for NaN if the driver's exp, log or clamp does; a loss of NaN
 * then looks good. On Chromium's software GPU sigmoid(NaN) is 0 and log(NaN) is 89. Here NaN stays NaN, as on cpu.
 */
export function nanConfigs(): KernelConfig[] {
  return [
    ...Object.entries(FUNCTIONS).flatMap(([name, formula]) =>
      replaceKernel(getKernel(name, 'webgpu'), (original) => elementwise(name, formula, original)),
    ),
    ...replaceKernel(getKernel('Softmax', 'webgpu'), () => softmax),
    ...['_FusedMatMul', 'FusedConv2D', 'FusedDepthwiseConv2D'].flatMap((name) =>
      replaceKernel(getKernel(name, 'webgpu'), separateActivation),
    ),
  ];
}

type Call = Parameters<KernelFunc>[0];
type Program = Parameters<WebGPUBackend['runWebGPUProgram']>[0];

/** A function as a WGSL expression of `a`, with the operations whose functions it calls. */
interface Formula {
  readonly value: string;
  readonly calls: readonly OperationName[];
}

// Klambauer et al. 2017, arXiv:1706.02515.
const [SELU_SCALE, SELU_ALPHA] = [1.0507009873554805, 1.6732632423543772];
const ELU = 'exponential(smaller(a, 0.0)) - 1.0';

const FUNCTIONS: Readonly<Record<string, Formula>> = {
  Exp: { value: 'exponential(a)', calls: ['exp'] },
  Expm1: { value: 'exponential(a) - 1.0', calls: ['exp'] },
  Sinh: { value: '0.5 * (exponential(a) - exponential(-a))', calls: ['exp'] },
  Cosh: { value: '0.5 * (exponential(a) + exponential(-a))', calls: ['exp'] },
  Log: { value: 'logarithm(a)', calls: ['log'] },
  Log1p: { value: 'logarithm(1.0 + a)', calls: ['log'] },
  Sigmoid: { value: 'sigmoid(a)', calls: ['sigmoid'] },
  Softplus: { value: 'softplus(a)', calls: ['softplus'] },
  Relu6: { value: 'smaller(larger(a, 0.0), 6.0)', calls: ['max', 'min'] },
  Elu: { value: `larger(a, 0.0) + (${ELU})`, calls: ['max', 'min', 'exp'] },
  Selu: {
    value: `${SELU_SCALE} * (larger(a, 0.0) + ${SELU_ALPHA} * (${ELU}))`,
    calls: ['max', 'min', 'exp'],
  },
};

/** Runs a function as a program of TensorFlow.js, in its command encoder, so it needs no submission of its own. */
function elementwise(name: string, { value, calls }: Formula, original: KernelFunc): KernelFunc {
  const workgroupSize: [number, number, number] = [64, 1, 1];
  const code = `${writeFunctions(calls)}
fn main(index : i32) {
  if (index < uniforms.size) {
    let a = getAByOutputIndex(index);
    setOutputAtIndex(index, ${value});
  }
}`;
  return (call) => {
    const { x } = call.inputs as { x: TensorInfo };
    if (x.dtype !== 'float32') return original(call);
    const size = x.shape.reduce((product, length) => product * length, 1);
    const program: Program = {
      variableNames: ['A'],
      outputShape: x.shape,
      size: true,
      workgroupSize,
      dispatchLayout: { x: x.shape.map((_, dimension) => dimension) },
      dispatch: [Math.ceil(size / workgroupSize[0]), 1, 1],
      shaderKey: `sluice ${name}`,
      getUserCode: () => code,
    };
    return (call.backend as WebGPUBackend).runWebGPUProgram(program, [x], 'float32');
  };
}

/** Softmax by those kernels of TensorFlow.js that keep NaN; logSoftmax uses them too. */
function softmax({ inputs, attrs, backend }: Call): TensorInfo {
  const { logits } = inputs as { logits: TensorInfo };
  const { dim } = attrs as unknown as { dim: number };
  const webgpu = backend as WebGPUBackend;
  const run = (name: string, tensors: Record<string, TensorInfo>, attributes = {}): TensorInfo =>
    getKernel(name, 'webgpu').kernelFunc({ inputs: tensors, attrs: attributes, backend }) as TensorInfo;
  const over = { axis: [dim], reductionIndices: [dim], keepDims: true };
  const largest = run('Max', { x: logits }, over);
  const shifted = run('Sub', { a: logits, b: largest });
  const powers = run('Exp', { x: shifted });
  const total = run('Sum', { x: powers }, over);
  const result = run('RealDiv', { a: powers, b: total });
  for (const { dataId } of [largest, shifted, powers, total]) webgpu.disposeData(dataId);
  return result;
}

/** Runs the activation that is fused with a product as a separate kernel. */
function separateActivation(original: KernelFunc): KernelFunc {
  const names: Readonly<Record<string, string>> = { sigmoid: 'Sigmoid', relu6: 'Relu6', elu: 'Elu' };
  const findActivation = (name: string) => getKernel(names[name] ?? '', 'webgpu')?.kernelFunc as never;
  return withSeparateActivation<WebGPUBackend>(original as never, findActivation) as KernelFunc;
}
