import '@sluice/backend-cpu';
import { testLayers } from '../src/testing/index.js';

testLayers({ backend: 'cpu', path: 'kernels' });
