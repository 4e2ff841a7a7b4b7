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

  add(connection: Connection): void {
    this.#bySocket.set(connection.socket, connection);
    this.#byId.set(connection.id, connection);
    if (connection.user === null) this.#unidentified.add(connection);
    else this.#online.add(connection);
  }

  /** Moves a connection that has just logged in among those that get the room's events. */
  loggedIn(connection: Connection): void {
    this.#unidentified.delete(connection);
    this.#online.add(connection);
  }

  remove(connection: Connection): void {
    this.#bySocket.delete(connection.socket);
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

  get size(): number {
    return this.#bySocket.size;
  }
}
