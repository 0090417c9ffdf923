import { testBackend } from '@sluice/conformance';
import { createCpuBackend } from '../src/engine.js';

testBackend({ name: 'cpu', create: createCpuBackend });
