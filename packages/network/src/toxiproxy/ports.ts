/** Ports for a Toxiproxy that cannot choose them freely: those its container publishes. */

export interface PublishedPort {
  /** Where the proxy listens inside the container. */
  readonly container: number;
  /** Where that port is reached from here. */
  readonly host: number;
  /** Default 127.0.0.1. */
  readonly hostName?: string;
}

/** Hands out each port once at a time. */
export interface PortPool {
  /** @param occupied container ports known to be in use by others. @throws when none is left. */
  take(occupied: ReadonlySet<number>): PublishedPort;
  giveBack(port: PublishedPort): void;
}

export function portPool(ports: readonly PublishedPort[]): PortPool {
  const taken = new Set<PublishedPort>();
  return {
    take(occupied) {
      const free = ports.find((port) => !taken.has(port) && !occupied.has(port.container));
      if (free === undefined) {
        throw new Error(
          `No proxy port is left: Toxiproxy's container publishes ${ports.length}, all in use. ` +
            'Run fewer cells side by side, or publish more ports.',
        );
      }
      taken.add(free);
      return free;
    },
    giveBack: (port) => void taken.delete(port),
  };
}
