// The one class of kafkajs that is used, as far as it is used. Version 2.2.4 exactly: none of this is its public interface.
declare module 'kafkajs/src/network/connection.js' {
  import type { Socket } from 'node:net';

  namespace Connection {
    interface Logger {
      namespace(): Logger;
      debug(): void;
      info(): void;
      warn(): void;
      error(): void;
    }

    interface Entry {
      readonly apiKey: number;
      readonly apiName: string;
      readonly apiVersion: number;
      readonly correlationId: number;
      resolve(answer: { readonly payload: Buffer }): void;
      reject(error: unknown): void;
    }

    interface RequestQueue {
      readonly inflight: ReadonlyMap<number, unknown>;
      readonly pending: readonly unknown[];
      scheduleCheckPendingRequests(): void;
      push(request: {
        readonly entry: Entry;
        readonly expectResponse: true;
        readonly requestTimeout: null;
        sendRequest(): void;
      }): void;
      fulfillRequest(answer: { readonly correlationId: number; readonly payload: Buffer; readonly size: number }): void;
      maybeThrottle(milliseconds: number): void;
      rejectAll(error: unknown): void;
      destroy(): void;
    }
  }

  class Connection {
    constructor(options: {
      readonly host: string;
      readonly port: number;
      readonly clientId: string;
      readonly logger: Connection.Logger;
      readonly socketFactory: (socket: {
        readonly host: string;
        readonly port: number;
        readonly onConnect: () => void;
      }) => Socket;
      readonly ssl: object | null;
      readonly sasl: object | null;
      readonly requestTimeout: number;
      readonly connectionTimeout: number;
      readonly enforceRequestTimeout: boolean;
    });
    readonly socket: Socket | undefined;
    readonly requestQueue: Connection.RequestQueue;
    connectionStatus: 'connected' | 'disconnecting' | 'disconnected';
    processData: (data: Buffer) => void;
    connect(): Promise<unknown>;
    nextCorrelationId(): number;
    setVersions(versions: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>>): void;
    setSupportAuthenticationProtocol(supported: boolean): void;
    isAuthenticated(): boolean;
    authenticate(): Promise<void>;
  }

  export = Connection;
}
