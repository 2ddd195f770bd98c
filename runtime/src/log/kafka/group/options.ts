export interface GroupOptions {
  /** After how many milliseconds without a heartbeat a member is expelled, and others get its tasks. Default 10 s. */
  readonly sessionTimeout?: number | undefined;
  /** How long members may take to give up tasks and rejoin, in milliseconds: longer than the longest checkpoint (I6). Default 60 s. */
  readonly rebalanceTimeout?: number | undefined;
  /** Milliseconds from one heartbeat to the next; so soon does a member hear of a rebalance. Default: a tenth of the session, 1 s at most. */
  readonly heartbeatInterval?: number | undefined;
  /** How long joining may fail in a retriable way before it is given up, in milliseconds. Default 60 s. */
  readonly patience?: number | undefined;
}

export interface GroupSettings {
  readonly sessionTimeout: number;
  readonly rebalanceTimeout: number;
  readonly heartbeatInterval: number;
  readonly patience: number;
}

export function groupSettings(options: GroupOptions): GroupSettings {
  const { sessionTimeout = 10_000, rebalanceTimeout = 60_000, patience = 60_000 } = options;
  const heartbeatInterval = options.heartbeatInterval ?? Math.min(1000, Math.ceil(sessionTimeout / 10));
  return { sessionTimeout, rebalanceTimeout, heartbeatInterval, patience };
}
