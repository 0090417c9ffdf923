/** Names in JSON texts that are not parsed yet. */

/** Whether bytes begin like JSON. */
const isJson = (bytes: Uint8Array): boolean =>
  /^\s*[{[]/.test(new TextDecoder().decode(bytes.subarray(0, 64)));

/** JavaScript holds no text of 512 MB, and no description is as long: other files may begin like JSON. */
const MAX_JSON = 2 ** 28;

/** Whether one of the names of a JSON text is this one; the text may be large. */
export const hasName = (bytes: Uint8Array, name: string): boolean =>
  isJson(bytes) && bytes.length < MAX_JSON && new TextDecoder().decode(bytes).includes(`"${name}"`);
