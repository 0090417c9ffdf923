import { mergeConfig } from 'vitest/config';
import shared from '../../vitest.shared.js';

// No test changes what modules hold, so the files of a process share what they import.
export default mergeConfig(shared, { test: { isolate: false } });
