import { describe, expect, test } from 'vitest';
import { softwareAdapter } from '../src/backend/index.js';

describe('a WebGPU adapter is software', () => {
  test.each([
    ['Chromium with unsafe WebGPU', { vendor: 'google', architecture: 'swiftshader' }, 'swiftshader'],
    ['Node', { vendor: 'google', description: 'SwiftShader driver 5.0.0' }, 'SwiftShader driver 5.0.0'],
    [
      'Mesa',
      { vendor: 'mesa', description: 'llvmpipe (LLVM 15.0.6, 256 bits)' },
      'llvmpipe (LLVM 15.0.6, 256 bits)',
    ],
    [
      'Windows',
      { vendor: 'microsoft', device: 'Microsoft Basic Render Driver' },
      'Microsoft Basic Render Driver',
    ],
    ['one that only says that it is a fallback', { vendor: 'acme', isFallbackAdapter: true }, 'acme'],
    ['one that says nothing else', { isFallbackAdapter: true }, 'a fallback adapter'],
  ])('%s', (_, info, description) => {
    expect(softwareAdapter(info)).toBe(description);
  });
});

describe('a WebGPU adapter is a GPU', () => {
  test.each([
    [
      'NVIDIA',
      { vendor: 'nvidia', architecture: 'hopper', description: 'NVIDIA H100', isFallbackAdapter: false },
    ],
    ['Apple', { vendor: 'apple', architecture: 'metal-3', device: '', description: '' }],
    ['a vendor whose name contains a software adapter’s', { vendor: 'warpdrive' }],
    ['an older browser that says nothing', {}],
  ])('%s', (_, info) => {
    expect(softwareAdapter(info)).toBeUndefined();
  });
});
