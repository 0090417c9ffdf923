// Runs the conformance suite on WebGPU and prints its report as JSON. Its argument is the device's limits: `default` or
// `adapter`.
import { createWebgpuBackend, type DeviceOptions, requestDevice } from '@sluice/backend-webgpu/engine';
import { type ConformanceReport, runTests, testBackend } from '@sluice/conformance/browser';
import { setUp } from './processes.js';

await setUp();
const device = await requestDevice({ limits: process.argv[2] as DeviceOptions['limits'] });
const started = performance.now();
let conformance: ConformanceReport | undefined;
const report = await runTests(() =>
  testBackend({
    name: 'webgpu',
    create: () => createWebgpuBackend({ device }),
    destroy: (backend) => backend.dispose(),
    tolerances: 'webgpu',
    onReport: (given) => {
      conformance = given;
    },
  }),
);
const seconds = Math.round((performance.now() - started) / 1000);
device.destroy();
console.log(JSON.stringify({ ...report, conformance, seconds }));
