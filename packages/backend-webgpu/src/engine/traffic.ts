/** What has been asked of a device: programs to run, and bytes to move outside of them. */
export interface Traffic {
  readonly dispatches: number;
  /** Bytes that went from the host to the device: numbers, and what kernels are told of sizes and places. */
  readonly uploadedBytes: number;
  /** Bytes that went from the device to the host. */
  readonly downloadedBytes: number;
  /** Bytes that were copied from buffer to buffer of the device, or set to 0. */
  readonly copiedBytes: number;
}

export const NO_TRAFFIC: Traffic = { dispatches: 0, uploadedBytes: 0, downloadedBytes: 0, copiedBytes: 0 };

/** All of the first, and more. */
export const addTraffic = (sum: Traffic, more: Partial<Traffic>): Traffic => ({
  dispatches: sum.dispatches + (more.dispatches ?? 0),
  uploadedBytes: sum.uploadedBytes + (more.uploadedBytes ?? 0),
  downloadedBytes: sum.downloadedBytes + (more.downloadedBytes ?? 0),
  copiedBytes: sum.copiedBytes + (more.copiedBytes ?? 0),
});
