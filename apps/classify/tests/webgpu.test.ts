import { afterEach, expect, test, vi } from 'vitest';
import { command, small } from './command.js';
import { scratchFile, toyLines } from './scratch.js';

afterEach(() => vi.unstubAllGlobals());

test('--backend webgpu without an adapter is an error with the reason', async () => {
  vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => null } });
  const data = scratchFile('data.txt', toyLines(20));
  const { status, output, error } = await command(['train', '--data', data, ...small, '--backend', 'webgpu']);
  expect(status).toBe(1);
  expect(output).toBe('');
  expect(error).toMatch(/webgpu: WebGPU has no adapter, that is, no GPU that it can use/);
});
