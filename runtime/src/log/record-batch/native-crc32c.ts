import { type Checksum, crc32c } from './crc32c.ts';
import { importOptional } from './optional-package.ts';

/** As much of the package as is used. */
interface NativeCrc {
  crc32c(bytes: Uint8Array): number;
}

/** Calling native code costs as much as this many bytes in JavaScript. */
const FEW = 512;

/** With `@node-rs/crc32` where it is installed, since it takes a tenth of the time; else in JavaScript. */
export async function fastestCrc32c(): Promise<Checksum> {
  try {
    const native = await importOptional<NativeCrc>('@node-rs/crc32', 'A faster checksum');
    const check = Buffer.from('123456789'.repeat(100));
    if (native.crc32c(check) !== crc32c(check, 0, check.length)) return crc32c;
    return (bytes, start, end) =>
      end - start < FEW ? crc32c(bytes, start, end) : native.crc32c(bytes.subarray(start, end));
  } catch {
    return crc32c; // not installed, or not for this machine: it only saves time
  }
}
