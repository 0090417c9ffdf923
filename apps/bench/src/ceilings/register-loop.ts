import type { PackagedBackendName } from '@sluice/core/backend';
import { type BackendName, backendNamed } from '../backends.js';
import { wasmRegisterLoop } from './wasm-loop.js';

/** Multiplies and adds in registers for a number of iterations. */
export interface RegisterLoop {
  readonly flopsPerIteration: number;
  run(iterations: number): Promise<unknown>;
}

const LOOPS: Readonly<Record<PackagedBackendName, () => Promise<RegisterLoop>>> = {
  cpu: cpuRegisterLoop,
  wasm: wasmRegisterLoop,
  webgpu: webgpuRegisterLoop,
};

/** Shorter runs end within one step of a browser's clock. */
const SHORTEST_RUN_MS = 1;
const RUNS = 4;

/**
 * GFLOP/s of a loop that multiplies and adds in registers, on one thread of a backend or on its whole device. No program
 * is faster there. The fastest of several runs.
 *
 * @param seconds the least length of a run; 0.001 if it is less.
 */
export async function registerLoopSpeed(backend: BackendName, seconds: number): Promise<number> {
  const { tfjsName } = backendNamed(backend);
  const loop = LOOPS[tfjsName as PackagedBackendName] as (typeof LOOPS)[PackagedBackendName] | undefined;
  if (!loop) throw new Error('the bench has no ceiling for imported backends');
  const { flopsPerIteration, run } = await loop();
  const runMs = Math.max(SHORTEST_RUN_MS, 1000 * seconds);
  // The first runs also compile the loop. The iterations double until every run is long enough.
  for (let iterations = 50; ; iterations *= 2) {
    let fastest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < RUNS && fastest >= runMs; i++) {
      const start = performance.now();
      await run(iterations);
      fastest = Math.min(fastest, performance.now() - start);
    }
    if (fastest >= runMs) return (flopsPerIteration * iterations) / fastest / 1e6;
  }
}

/** Eight independent sums: enough to hide the latency of an addition, few enough for the registers. */
const CPU_FLOPS = 8 * 2;

/** Plain JavaScript, whose numbers are doubles. */
export async function cpuRegisterLoop(): Promise<RegisterLoop> {
  return { flopsPerIteration: CPU_FLOPS, run: async (iterations) => loop(iterations, 0.999, 0.001) };
}

/** Every number tends to 1, whatever the number of iterations. */
function loop(iterations: number, factor: number, summand: number): number {
  let [a, b, c, d, e, f, g, h] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
  for (let i = 0; i < iterations; i++) {
    a = a * factor + summand;
    b = b * factor + summand;
    c = c * factor + summand;
    d = d * factor + summand;
    e = e * factor + summand;
    f = f * factor + summand;
    g = g * factor + summand;
    h = h * factor + summand;
  }
  return a + b + c + d + e + f + g + h;
}

/** Enough invocations to fill a GPU, with four sums of four numbers each. */
const WORKGROUP_SIZE = 64;
const WORKGROUPS = 1024;
const WEBGPU_FLOPS = WORKGROUP_SIZE * WORKGROUPS * 4 * 4 * 2;

/** Every number tends to 1. The sum is stored, so that compilers do not remove the loop. */
const SHADER = `
@group(0) @binding(0) var<uniform> iterations: u32;
@group(0) @binding(1) var<storage, read_write> sums: array<vec4f>;

@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let start = f32(id.x) / 65536.0;
  var a = vec4f(start);
  var b = vec4f(start + 0.1);
  var c = vec4f(start + 0.2);
  var d = vec4f(start + 0.3);
  for (var i = 0u; i < iterations; i++) {
    a = fma(a, vec4f(0.999), vec4f(0.001));
    b = fma(b, vec4f(0.999), vec4f(0.001));
    c = fma(c, vec4f(0.999), vec4f(0.001));
    d = fma(d, vec4f(0.999), vec4f(0.001));
  }
  sums[id.x] = a + b + c + d;
}`;

/** All of the GPU. */
async function webgpuRegisterLoop(): Promise<RegisterLoop> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('there is no WebGPU adapter');
  const device = await adapter.requestDevice();
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code: SHADER }) },
  });
  const count = device.createBuffer({ size: 16, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  const sums = device.createBuffer({ size: WORKGROUP_SIZE * WORKGROUPS * 16, usage: GPUBufferUsage.STORAGE });
  const bindGroup = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [count, sums].map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  return {
    flopsPerIteration: WEBGPU_FLOPS,
    run: (iterations) => {
      device.queue.writeBuffer(count, 0, Uint32Array.of(iterations));
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(WORKGROUPS);
      pass.end();
      device.queue.submit([encoder.finish()]);
      return device.queue.onSubmittedWorkDone();
    },
  };
}
