import { testBackend } from '@sluice/conformance';
import { createWasmBackend } from '../src/engine.js';

testBackend({ name: 'wasm', create: () => createWasmBackend(), tolerances: 'wasm' });
