import { type FileHandle, open } from 'node:fs/promises';
import type { ContainerSource } from './container-reader.ts';

/** A file as a container reads it. To be closed. */
export interface FileSource extends ContainerSource {
  close(): Promise<void>;
}

/** @throws Error of Node, where the file cannot be opened */
export async function openFile(path: string): Promise<FileSource> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    return {
      size,
      read: (position, length) => readFully(handle, position, length),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A read may bring less than it was asked for before the end is reached. */
export async function readFully(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
