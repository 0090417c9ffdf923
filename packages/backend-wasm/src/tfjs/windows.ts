import type { backend_util } from '@tensorflow/tfjs-core';
import type { Floats } from '../engine/heap.js';
import type { Attached } from './attach.js';

/** About the most numbers in the windows of one part: 4 MB. */
const NUMBERS_AT_ONCE = 2 ** 20;

/**
 * The windows of a convolution's input as the rows of a matrix (im2col). A window has the numbers under a filter at one
 * position, in the order of the filter's numbers. Channels are last.
 */
export class Windows {
  /** The windows of one part, one in each row. */
  readonly matrix: Floats;
  /** The length of a window. */
  readonly size: number;
  /** The number of windows. */
  readonly count: number;
  private readonly rowsAtOnce: number;
  private readonly paddedHeight: number;
  private readonly paddedWidth: number;
  private readonly isPadded: boolean;
  /** The padded input. */
  private padded: Floats | null = null;

  constructor(
    private readonly attached: Attached,
    private readonly convolution: backend_util.Conv2DInfo,
  ) {
    const { filterHeight, filterWidth, inChannels, inHeight, inWidth, padInfo } = convolution;
    const { batchSize, outHeight, outWidth, strideHeight, strideWidth } = convolution;
    this.size = filterHeight * filterWidth * inChannels;
    const rows = batchSize * outHeight;
    this.count = rows * outWidth;
    this.paddedHeight = Math.max(padInfo.top + inHeight, (outHeight - 1) * strideHeight + filterHeight);
    this.paddedWidth = Math.max(padInfo.left + inWidth, (outWidth - 1) * strideWidth + filterWidth);
    this.isPadded = this.paddedHeight !== inHeight || this.paddedWidth !== inWidth;
    this.rowsAtOnce = Math.max(1, Math.min(rows, Math.floor(NUMBERS_AT_ONCE / (outWidth * this.size))));
    this.matrix = attached.kernels.allocate(this.rowsAtOnce * outWidth * this.size);
  }

  /** Calls `visit` with the first window and the number of windows of each part. */
  forEachPart(visit: (first: number, count: number) => void): void {
    const { outWidth } = this.convolution;
    const step = this.rowsAtOnce * outWidth;
    for (let first = 0; first < this.count; first += step) visit(first, Math.min(step, this.count - first));
  }

  /** Sets the input of the windows. */
  read(input: Floats): void {
    this.padded = this.isPadded ? this.attached.kernels.zeros(this.paddedLength) : input;
    if (this.isPadded) this.copyInside(input, this.padded, true);
  }

  /** Fills the matrix with a part of the windows. */
  gather(first: number, count: number): void {
    const { filterHeight, filterWidth, inChannels, outWidth, strideWidth } = this.convolution;
    this.forEachRow(first, count, (from, to) => {
      for (let row = 0; row < filterHeight; row++) {
        this.attached.fixed.copyRows(
          from + row * this.paddedWidth * inChannels * 4,
          strideWidth * inChannels * 4,
          to + row * filterWidth * inChannels * 4,
          this.size * 4,
          outWidth,
          filterWidth * inChannels,
        );
      }
    });
  }

  /** Starts with zeros, to which windows are added. */
  clear(result: Floats): void {
    const { fixed, kernels } = this.attached;
    this.padded = this.isPadded ? kernels.zeros(this.paddedLength) : result;
    if (!this.isPadded) fixed.clear(result.address, result.length);
  }

  /** Adds the windows in the matrix at their places in the input. */
  scatter(first: number, count: number): void {
    const { filterHeight, filterWidth, inChannels, outWidth, strideWidth } = this.convolution;
    const length = filterWidth * inChannels;
    this.forEachRow(first, count, (to, from) => {
      for (let row = 0; row < filterHeight; row++) {
        const place = to + row * this.paddedWidth * inChannels * 4;
        for (let window = 0; window < outWidth; window++) {
          const source = from + (window * this.size + row * length) * 4;
          this.attached.fixed.addRow(source, place + window * strideWidth * inChannels * 4, length);
        }
      }
    });
  }

  /** Writes the sums. */
  write(result: Floats): void {
    if (this.isPadded) this.copyInside(this.padded as Floats, result, false);
  }

  /** Releases all memory. */
  release(): void {
    const { kernels } = this.attached;
    kernels.release(this.matrix);
    if (this.isPadded && this.padded) kernels.release(this.padded);
  }

  private get paddedLength(): number {
    const { batchSize, inChannels } = this.convolution;
    return batchSize * this.paddedHeight * this.paddedWidth * inChannels;
  }

  /** Calls `visit` for each row of windows, with the first window's addresses in the input and in the matrix. */
  private forEachRow(first: number, count: number, visit: (input: number, window: number) => void): void {
    const { inChannels, outHeight, outWidth, strideHeight } = this.convolution;
    const { address } = this.padded as Floats;
    for (let done = 0; done < count; done += outWidth) {
      const row = (first + done) / outWidth;
      const image = Math.floor(row / outHeight);
      const top = image * this.paddedHeight + (row % outHeight) * strideHeight;
      const window = this.matrix.address + done * this.size * 4;
      visit(address + top * this.paddedWidth * inChannels * 4, window);
    }
  }

  /** Copies between images without and with padding. */
  private copyInside(from: Floats, to: Floats, isInto: boolean): void {
    const { batchSize, inChannels, inHeight, inWidth, padInfo } = this.convolution;
    const row = inWidth * inChannels * 4;
    const paddedRow = this.paddedWidth * inChannels * 4;
    for (let image = 0; image < batchSize; image++) {
      const inner = image * inHeight * row;
      const outer = (image * this.paddedHeight + padInfo.top) * paddedRow + padInfo.left * inChannels * 4;
      const [source, sourceRow] = isInto ? [inner, row] : [outer, paddedRow];
      const [target, targetRow] = isInto ? [outer, paddedRow] : [inner, row];
      this.attached.fixed.copyRows(
        from.address + source,
        sourceRow,
        to.address + target,
        targetRow,
        inHeight,
        inWidth * inChannels,
      );
    }
  }
}
