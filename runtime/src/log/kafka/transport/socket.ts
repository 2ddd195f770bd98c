import { isIP, connect as plainConnect, type Socket } from 'node:net';
import { type ConnectionOptions as TlsOptions, connect as tlsConnect } from 'node:tls';
import type { FrameReader } from './frames.ts';
import type { Address } from './options.ts';

export const BROKER_CLOSED = 'the broker closed the connection';

export interface SocketEvents {
  /** With TLS, when its handshake is done. */
  connected(): void;
  /** Of what comes, the first says why; `cause` is what the system or TLS says. */
  ended(reason: string, cause?: Error): void;
}

/** Opens a socket. What it reads goes to `frames`, without TLS straight to where it stays. @throws where the options of TLS are wrong */
export function openSocket(
  { host, port }: Address,
  tls: TlsOptions | undefined,
  frames: FrameReader,
  { connected, ended }: SocketEvents,
): Socket {
  const guarded = (read: () => void): void => {
    try {
      read();
    } catch (error) {
      ended(error instanceof Error ? error.message : String(error));
    }
  };
  const onread = {
    buffer: () => frames.target(),
    callback: (count: number) => {
      guarded(() => frames.filled(count));
      return true;
    },
  };
  const serverName = isIP(host) === 0 ? { servername: host } : {};
  const socket =
    tls === undefined
      ? plainConnect({ host, port, onread }, connected)
      : tlsConnect({ host, port, ...serverName, ...tls }, connected);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 60_000);
  // With TLS alone: `onread` takes all otherwise.
  socket.on('data', (data) => guarded(() => frames.push(data)));
  socket.on('end', () => ended(BROKER_CLOSED));
  socket.on('close', () => ended(BROKER_CLOSED));
  socket.on('error', (error) => ended(`the connection broke: ${error.message}`, error));
  return socket;
}
