/** Where a Schema Registry is, and how it lets one in. Credentials never reach a log, an error or a lockfile. */
export interface RegistryOptions {
  /** Base URL, such as `https://registry.example:8081`; several of one cluster are tried in turn. */
  readonly url: string | readonly string[];
  readonly auth?: RegistryAuth | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly tls?: RegistryTls | undefined;
  /** For one request, in milliseconds. Default 5000. */
  readonly timeout?: number | undefined;
  /** How often a request is repeated that got no answer, or one that says to try later (429, 5xx). Default 4. Each of several URLs is asked at least once. */
  readonly retries?: number | undefined;
}

/** HTTP's basic authentication, or a bearer token; a function gives a fresh token for each request. */
export type RegistryAuth =
  | { readonly username: string; readonly password: string }
  | { readonly token: string | (() => string | Promise<string>) };

/** PEM text, as files hold it. */
export interface RegistryTls {
  /** Certificates of authorities to trust instead of the system's. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
  /** The client's own certificate and key. */
  readonly cert?: string | Uint8Array | undefined;
  readonly key?: string | Uint8Array | undefined;
  readonly passphrase?: string | undefined;
}
