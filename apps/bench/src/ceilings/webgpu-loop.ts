import type { RegisterLoop } from './register-loop.js';

/** Invocations enough to fill a GPU, with four sums of four numbers each. */
const WORKGROUP_SIZE = 64;
const WORKGROUPS = 1024;
const FLOPS = WORKGROUP_SIZE * WORKGROUPS * 4 * 4 * 2;

/** Every number tends to 1; the sum is stored so that nothing is computed in vain and left out. */
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
export async function webgpuRegisterLoop(): Promise<RegisterLoop> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('there is no WebGPU adapter');
  const device = await adapter.requestDevice();
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code: SHADER }) },
  });
  const iterationsBuffer = device.createBuffer({
    size: 16,
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  });
  const sums = device.createBuffer({ size: WORKGROUP_SIZE * WORKGROUPS * 16, usage: GPUBufferUsage.STORAGE });
  const bindGroup = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [
      { binding: 0, resource: { buffer: iterationsBuffer } },
      { binding: 1, resource: { buffer: sums } },
    ],
  });
  return {
    flopsPerIteration: FLOPS,
    run: (iterations) => {
      device.queue.writeBuffer(iterationsBuffer, 0, Uint32Array.of(iterations));
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
