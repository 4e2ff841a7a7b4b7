import type { Connection } from "./connection";

/**
 * The live sockets of a room, in a collection of its own: `getWebSockets()` makes a JavaScript object
 * for every socket, so it is asked once per wake.
 */
export class Connections {
  readonly #bySocket = new Map<WebSocket, Connection>();
  readonly #byId = new Map<string, Connection>();
  /** Logged in. A Set, because it is walked in every flush and a leave must not cost a search. */
  readonly #online = new Set<Connection>();
  readonly #unidentified = new Set<Connection>();
  /** Counted as they come and go: nobody walks ten thousand sockets at every upgrade. */
  readonly #countByAddress = new Map<string, number>();

  add(connection: Connection): void {
    this.#bySocket.set(connection.socket, connection);
    this.#byId.set(connection.id, connection);
    if (connection.user === null) this.#unidentified.add(connection);
    else this.#online.add(connection);
    this.#count(connection, 1);
  }

  /** Moves a connection that has just logged in among those that get the room's events. */
  loggedIn(connection: Connection): void {
    this.#unidentified.delete(connection);
    this.#online.add(connection);
  }

  remove(connection: Connection): void {
    if (this.#bySocket.delete(connection.socket)) this.#count(connection, -1);
    this.#byId.delete(connection.id);
    this.#online.delete(connection);
    this.#unidentified.delete(connection);
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

  online(): ReadonlySet<Connection> {
    return this.#online;
  }

  /** Connected, and not logged in yet. */
  unidentified(): ReadonlySet<Connection> {
    return this.#unidentified;
  }

  /** How many come from one address, by the newest of its hashes. */
  countFrom(address: string): number {
    return this.#countByAddress.get(newestHash(address)) ?? 0;
  }

  get size(): number {
    return this.#bySocket.size;
  }

  #count({ address }: Connection, change: 1 | -1): void {
    if (address === "") return;
    const hash = newestHash(address);
    const count = (this.#countByAddress.get(hash) ?? 0) + change;
    if (count === 0) this.#countByAddress.delete(hash);
    else this.#countByAddress.set(hash, count);
  }
}

/** The hash by the newest key tells addresses apart for as long as that key lasts. */
export function newestHash(address: string): string {
  return address.split(",")[0] ?? "";
}
