import { agreementSuite } from './agreement.js';
import type { Suite } from './subject.js';

/** What a backend is held to, concern by concern. */
export const suites: readonly Suite[] = [agreementSuite];
