import type { Connection } from "./connection";
import { SwapSet } from "./swap-set";

/**
 * The live sockets of a room, in a collection of its own: `getWebSockets()` makes a JavaScript object
 * for every socket, so it is asked once per wake.
 *
 * A socket that the room has closed is no connection any more, but the platform holds it, with all its
 * memory, until its client answers or the network ends it. Until then it counts, in total and for its
 * address: or a client that never answers a close would hold as many as it likes.
 */
export class Connections {
  readonly #bySocket = new Map<WebSocket, Connection>();
  readonly #byId = new Map<string, Connection>();
  /** Logged in: walked in every flush. */
  readonly #online = new SwapSet<Connection>();
  readonly #unidentified = new Set<Connection>();
  /** The unidentified by address, the oldest first; those without one together. */
  readonly #waitingByAddress = new Map<string, Set<Connection>>();
  /** Closed by the room, and held by the platform; with their addresses. */
  readonly #closing = new Map<WebSocket, string>();
  /** Counted as they come and go: nobody walks ten thousand sockets at every upgrade. */
  readonly #countByAddress = new Map<string, number>();

  add(connection: Connection): void {
    this.#bySocket.set(connection.socket, connection);
    this.#byId.set(connection.id, connection);
    if (connection.user === null) this.#wait(connection);
    else this.#online.add(connection);
    this.#count(connection.address, 1);
  }

  /** Moves a connection that has just logged in among those that get the room's events. */
  loggedIn(connection: Connection): void {
    this.#endWait(connection);
    this.#online.add(connection);
  }

  remove(connection: Connection): void {
    if (this.#bySocket.delete(connection.socket)) this.#count(connection.address, -1);
    this.#byId.delete(connection.id);
    this.#online.delete(connection);
    this.#endWait(connection);
  }

  /** The room has closed this socket. It counts until `gone`. */
  closing(socket: WebSocket, address: string): void {
    if (this.#closing.has(socket)) return;
    this.#closing.set(socket, address);
    this.#count(address, 1);
    socket.serializeAttachment({ closing: address });
  }

  /** The platform has let go of a socket, whoever closed it. */
  gone(socket: WebSocket): void {
    const address = this.#closing.get(socket);
    if (address === undefined) return;
    this.#closing.delete(socket);
    this.#count(address, -1);
  }

  /** Forgets closed sockets that are not among the platform's: close events can go missing. */
  keepClosing(held: readonly WebSocket[]): void {
    const isHeld = new Set(held);
    for (const socket of [...this.#closing.keys()]) if (!isHeld.has(socket)) this.gone(socket);
  }

  has(connection: Connection): boolean {
    return this.#byId.get(connection.id) === connection;
  }

  of(socket: WebSocket): Connection | undefined {
    return this.#bySocket.get(socket);
  }

  withId(id: string): Connection | undefined {
    return this.#byId.get(id);
  }

  /** Every socket, logged in or not. */
  all(): Iterable<Connection> {
    return this.#bySocket.values();
  }

  /** Logged in, in no order. Whoever lets some of them leave meanwhile walks a copy. */
  online(): Iterable<Connection> & { readonly size: number } {
    return this.#online;
  }

  /** Connected, and not logged in yet. */
  unidentified(): ReadonlySet<Connection> {
    return this.#unidentified;
  }

  /** How many of the unidentified come from one address; those without one count together. */
  waitingFrom(address: string): number {
    return this.#waitingByAddress.get(newestHash(address))?.size ?? 0;
  }

  /** The oldest unidentified connection of the address that has the most of them. */
  oldestOfMostWaiting(): Connection | undefined {
    let most: ReadonlySet<Connection> = new Set();
    for (const waiting of this.#waitingByAddress.values()) if (waiting.size > most.size) most = waiting;
    const [oldest] = most;
    return oldest;
  }

  /** How many sockets one address holds, closing ones too, by the newest of its hashes. */
  countFrom(address: string): number {
    return this.#countByAddress.get(newestHash(address)) ?? 0;
  }

  get size(): number {
    return this.#bySocket.size;
  }

  /** How many sockets the room has closed that the platform still holds. */
  get closingCount(): number {
    return this.#closing.size;
  }

  #wait(connection: Connection): void {
    this.#unidentified.add(connection);
    const hash = newestHash(connection.address);
    const waiting = this.#waitingByAddress.get(hash);
    if (waiting === undefined) this.#waitingByAddress.set(hash, new Set([connection]));
    else waiting.add(connection);
  }

  #endWait(connection: Connection): void {
    if (!this.#unidentified.delete(connection)) return;
    const hash = newestHash(connection.address);
    const waiting = this.#waitingByAddress.get(hash);
    waiting?.delete(connection);
    if (waiting?.size === 0) this.#waitingByAddress.delete(hash);
  }

  #count(address: string, change: 1 | -1): void {
    if (address === "") return;
    const hash = newestHash(address);
    const count = (this.#countByAddress.get(hash) ?? 0) + change;
    if (count === 0) this.#countByAddress.delete(hash);
    else this.#countByAddress.set(hash, count);
  }
}

/**
 * The address of a socket that the room has closed; undefined of any other. Its attachment says so, because
 * `readyState` is OPEN again after a second hibernation.
 */
export function closingAddress(socket: WebSocket): string | undefined {
  const kept: unknown = socket.deserializeAttachment();
  const isClosing = typeof kept === "object" && kept !== null && "closing" in kept;
  return isClosing && typeof kept.closing === "string" ? kept.closing : undefined;
}

/** The hash by the newest key tells addresses apart for as long as that key lasts. */
export function newestHash(address: string): string {
  return address.split(",")[0] ?? "";
}
