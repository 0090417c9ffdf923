import '@sluice/backend-cpu';
import { testLayers } from '../src/testing.js';

testLayers({ backend: 'cpu', path: 'kernels' });
