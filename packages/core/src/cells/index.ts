export { type CellFactory, cellFrom, cells, registerCell } from './catalogue.js';
export { type GruOptions, gru } from './gru.js';
export { type IndRnnOptions, indRnn } from './ind-rnn.js';
export { type LiGruOptions, liGru } from './li-gru.js';
export { type LstmOptions, lstm } from './lstm.js';
export { type MinGruOptions, minGru } from './min-gru.js';
export { type SimpleRnnOptions, simpleRnn } from './simple-rnn.js';
export { type SruOptions, sru } from './sru.js';
