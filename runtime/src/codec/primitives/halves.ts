/** Memory in which two halves become one 64-bit integer, and one becomes two. */
export const halves: Int32Array = new Int32Array(2);
export const whole: BigInt64Array = new BigInt64Array(halves.buffer);

const LITTLE_ENDIAN: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
/** Where the lower half lies. */
export const LOW: number = LITTLE_ENDIAN ? 0 : 1;
export const HIGH: number = 1 - LOW;
