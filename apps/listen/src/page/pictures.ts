import type { NamedColumns } from '@sluice/core';

/** A picture that a pen writes from left to right, again and again, one column at a time. */
class Sweep {
  private readonly context: CanvasRenderingContext2D;
  private x = 0;

  constructor(readonly canvas: HTMLCanvasElement) {
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('This browser draws no pictures on a canvas.');
    this.context = context;
  }

  /** Clears the next column and the place before it, draws, and moves on. */
  column(width: number, draw: (context: CanvasRenderingContext2D, x: number) => void): void {
    const { context, canvas } = this;
    context.clearRect(this.x, 0, width + 8, canvas.height);
    draw(context, this.x);
    this.x = (this.x + width) % canvas.width;
  }

  clear(): void {
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.x = 0;
  }
}

/** Pixels of a frame in all pictures, so that they are in step. */
const COLUMN = 2;

/** A colour from dark blue over green to yellow, for 0 to 1. */
export function colourOf(value: number): string {
  const v = Math.min(1, Math.max(0, value));
  return `hsl(${260 - 200 * v} 70% ${8 + 57 * v}%)`;
}

/** The wave with the probability of speech, the spectrogram, and the values of the GRU. */
export class Pictures {
  private readonly wave: Sweep;
  private readonly spectrum: Sweep;
  private readonly gates: Sweep;
  private samples = new Float32Array(512);
  private levels = new Float32Array(256);
  private last = 0;

  constructor(
    find: (id: string) => HTMLCanvasElement,
    private readonly columns: readonly NamedColumns[],
  ) {
    this.wave = new Sweep(find('wave'));
    this.spectrum = new Sweep(find('spectrum'));
    this.gates = new Sweep(find('gates'));
  }

  clear(): void {
    for (const picture of [this.wave, this.spectrum, this.gates]) picture.clear();
    this.last = 0;
  }

  /** Draws the sound of the moment, and the values of a frame: the probability, then, if it has them, the values of the GRU. */
  draw(analyser: AnalyserNode, values: Float32Array, hasGates: boolean): void {
    this.drawWave(analyser, values[0]);
    this.drawSpectrum(analyser);
    if (hasGates) this.drawGates(values);
  }

  private drawWave(analyser: AnalyserNode, probability: number): void {
    const { samples } = this;
    analyser.getFloatTimeDomainData(samples);
    const recent = samples.subarray(samples.length / 2);
    const [low, high] = [Math.min(...recent), Math.max(...recent)];
    const { height } = this.wave.canvas;
    const y = (value: number) => (height / 2) * (1 - Math.min(1, Math.max(-1, value)));
    const line = (value: number) => height - 3 - (height - 6) * value;
    this.wave.column(COLUMN, (context, x) => {
      context.fillStyle = probability >= 0.5 ? '#7fd6a8' : '#7a8794';
      context.fillRect(x, y(high), COLUMN, Math.max(1, y(low) - y(high)));
      context.strokeStyle = '#ffb454';
      context.lineWidth = 2;
      context.beginPath();
      context.moveTo(x, line(this.last));
      context.lineTo(x + COLUMN, line(probability));
      context.stroke();
    });
    this.last = probability;
  }

  private drawSpectrum(analyser: AnalyserNode): void {
    const { levels } = this;
    analyser.getFloatFrequencyData(levels);
    const { height } = this.spectrum.canvas;
    const bins = levels.length / height;
    this.spectrum.column(COLUMN, (context, x) => {
      for (let row = 0; row < height; row++) {
        // −100 to −20 decibels.
        const level = levels[Math.floor((height - 1 - row) * bins)];
        context.fillStyle = colourOf((level + 100) / 80);
        context.fillRect(x, row, COLUMN, 1);
      }
    });
  }

  private drawGates(values: Float32Array): void {
    const { height } = this.gates.canvas;
    const count = this.columns.reduce((sum, { width }) => sum + width, 0);
    const size = height / count;
    this.gates.column(COLUMN, (context, x) => {
      for (const { name, start, width } of this.columns) {
        // Gates are from 0 to 1, candidate and state from −1 to 1.
        const isGate = name === 'z' || name === 'r';
        for (let i = start; i < start + width; i++) {
          const value = values[1 + i];
          context.fillStyle = colourOf(isGate ? value : (value + 1) / 2);
          context.fillRect(x, i * size, COLUMN, Math.ceil(size));
        }
      }
    });
  }
}
