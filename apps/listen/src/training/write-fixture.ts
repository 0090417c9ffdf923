/** Writes the sound of the tests: silence, a sentence, silence; 8 bits, 16,000 samples a second. It needs espeak-ng. */
import { writeFileSync } from 'node:fs';
import { uniformStream } from '@sluice/core/random';
import { SAMPLE_RATE } from '../detector/network.js';
import { speak } from './sounds.js';

const spoken = speak({ voice: 'it+f4', pitch: 50, speed: 150 }, uniformStream(5)).subarray(
  0,
  2 * SAMPLE_RATE,
);
const silence = new Float32Array(SAMPLE_RATE);
const samples = [...silence, ...spoken, ...silence].map((value) => Math.round(128 + 127 * 0.8 * value));
const header = Buffer.alloc(44);
header.write('RIFF', 0);
header.writeUInt32LE(36 + samples.length, 4);
header.write('WAVEfmt ', 8);
header.writeUInt32LE(16, 16);
header.writeUInt16LE(1, 20);
header.writeUInt16LE(1, 22);
header.writeUInt32LE(SAMPLE_RATE, 24);
header.writeUInt32LE(SAMPLE_RATE, 28);
header.writeUInt16LE(1, 32);
header.writeUInt16LE(8, 34);
header.write('data', 36);
header.writeUInt32LE(samples.length, 40);
writeFileSync(
  new URL('../../tests/fixtures/sentence.wav', import.meta.url),
  Buffer.concat([header, Buffer.from(samples)]),
);
