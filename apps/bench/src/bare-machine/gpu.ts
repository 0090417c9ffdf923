// Prints WebGPU's adapter on this machine, as JSON.
import { requestAdapter, softwareAdapter } from '@sluice/backend-webgpu/engine';
import { setUp } from './processes.js';

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
] as const;

await setUp();
const { info, limits, features } = await requestAdapter();
const { vendor, architecture, device, description, subgroupMinSize, subgroupMaxSize } = info;
console.log(
  JSON.stringify({
    ...{ vendor, architecture, device, description, subgroupMinSize, subgroupMaxSize },
    software: softwareAdapter(info) !== undefined,
    limits: Object.fromEntries(LIMITS.map((name) => [name, limits[name]])),
    features: [...features].filter((name) => /subgroup|f16|timestamp/.test(name)).sort(),
  }),
);
