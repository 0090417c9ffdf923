export { type AdapterInfo, softwareAdapter } from '@sluice/core';
export { type DeviceOptions, requestAdapter, requestDevice } from './engine/device.js';
