import { requestDevice, softwareAdapter } from '../../src/engine.js';
import { doubleNumbers } from '../double-numbers.js';

async function run() {
  const limits = new URLSearchParams(location.search).get('limits') as 'adapter' | 'default';
  const device = await requestDevice({ limits });
  const { maxComputeWorkgroupStorageSize } = device.limits;
  const values = await doubleNumbers(device, Float32Array.of(1, 2.5, -3));
  device.destroy();
  return { software: softwareAdapter(device.adapterInfo), maxComputeWorkgroupStorageSize, values };
}

Object.assign(globalThis, { result: run() });
