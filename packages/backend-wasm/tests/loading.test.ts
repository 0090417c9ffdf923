import { afterEach, expect, test, vi } from 'vitest';
import { createWasmBackend } from '../src/engine.js';

afterEach(() => {
  vi.restoreAllMocks();
});

test('a runtime without SIMD, or that may not compile WebAssembly, is told what to use; nothing is remembered of a failure', async () => {
  const validate = vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
  await expect(createWasmBackend()).rejects.toThrow(/WebAssembly without SIMD.*use @sluice\/backend-cpu/);
  validate.mockRestore();

  const forbidden = new WebAssembly.CompileError("because 'unsafe-eval' is not an allowed source of script");
  const module = vi.spyOn(WebAssembly, 'Module').mockImplementation(function forbid() {
    throw forbidden;
  });
  await expect(createWasmBackend()).rejects.toThrow(
    /may not compile WebAssembly.*'wasm-unsafe-eval' to its script-src.*@sluice\/backend-cpu\/engine.*unsafe-eval/,
  );
  module.mockRestore();

  vi.spyOn(process, 'getBuiltinModule').mockReturnValue({
    readFile: () => Promise.reject(new Error('ENOENT: no such file')),
  } as never);
  await expect(createWasmBackend({ threads: 1 })).rejects.toThrow(
    /could not be loaded from file:.*kernels\.wasm: ENOENT/,
  );
  vi.restoreAllMocks();

  expect((await createWasmBackend()).name).toBe('wasm');
});
