/** The cells of Sluice. A bundler leaves out those that a page does not name. */

export { type AttentionGruOptions, attentionGru } from './attention-gru.js';
export { type CfcOptions, cfc } from './cfc.js';
export { gru } from './gru.js';
export type { GruOptions } from './gru-options.js';
export { type IndRnnOptions, indRnn } from './ind-rnn.js';
export { type LiGruOptions, liGru } from './li-gru.js';
export { lstm } from './lstm.js';
export type { LstmOptions } from './lstm-options.js';
export { type MLstmOptions, mLstm } from './m-lstm.js';
export { type MinGruOptions, minGru } from './min-gru.js';
export { type MinLstmOptions, minLstm } from './min-lstm.js';
export { type QrnnOptions, qrnn } from './qrnn.js';
export { type RgLruOptions, rgLru } from './rg-lru.js';
export { type SLstmOptions, sLstm } from './s-lstm.js';
export { type S6Options, s6 } from './s6.js';
export { type SimpleRnnOptions, simpleRnn } from './simple-rnn.js';
export { type SruOptions, sru } from './sru.js';
