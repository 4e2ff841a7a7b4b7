import type { Buffer } from "node:buffer";
import { RawSocket, type Target } from "./raw-socket.ts";

/**
 * A native client that was in a room, was cut off, and comes back for what it missed: by the replay behind
 * its login, or page by page where that is too much for one answer.
 */
export class Returner {
  readonly #index: number;
  readonly #target: Target;
  #socket: RawSocket | undefined;
  #epoch = "";
  #offset = 0;
  #expected = 0;
  #faults = 0;
  #arrived: (() => void) | undefined;

  constructor(index: number, target: Target) {
    this.#index = index;
    this.#target = target;
  }

  /** Breaks in the order of what was replayed: doubled, left out, or out of order. */
  get faults(): number {
    return this.#faults;
  }

  /** Comes in for the first time, and keeps the position. */
  enter(): Promise<void> {
    return this.#connect({ userId: `r${this.#index}` }, 0);
  }

  cut(): void {
    this.#socket?.cut();
  }

  /** Comes back. Resolves when it has everything up to `offset`. */
  comeBack(offset: number): Promise<void> {
    const position = { epoch: this.#epoch, offset: this.#offset };
    return this.#connect({ userId: `r${this.#index}`, position }, offset);
  }

  close(): void {
    this.#socket?.close(1000);
  }

  #connect(login: unknown, expected: number): Promise<void> {
    this.#expected = expected;
    return new Promise((resolve, reject) => {
      this.#arrived = resolve;
      this.#socket = new RawSocket(this.#index, this.#target, {
        opened: (socket) => socket.send(JSON.stringify({ seq: "1", cmd: "login", data: login })),
        frame: (socket, buffer, start, end) => this.#take(socket, buffer, start, end),
        // Changes nothing once it has everything.
        closed: (_, code, reason) => reject(new Error(`a connection ended with ${code} ${reason}`)),
      });
    });
  }

  #take(socket: RawSocket, buffer: Buffer, start: number, end: number): void {
    for (const line of buffer.toString("utf8", start, end).split("\n")) {
      const { cmd, data, response } = JSON.parse(line) as Envelope;
      if (response !== undefined && cmd === "login") this.#loggedIn(socket, response.data as LoginAnswer);
      if (response !== undefined && cmd === "gap") this.#pulled(socket, response.data as GapAnswer);
      if (response === undefined && cmd === "msg") this.#missed((data as { offset: number }).offset);
    }
    if (this.#epoch !== "" && this.#offset >= this.#expected) this.#arrived?.();
  }

  #loggedIn(socket: RawSocket, { position, more }: LoginAnswer): void {
    if (this.#epoch === "") this.#offset = position.offset;
    else if (this.#epoch !== position.epoch) this.#faults += 1;
    this.#epoch = position.epoch;
    if (more) this.#pull(socket);
  }

  #pulled(socket: RawSocket, { events, more }: GapAnswer): void {
    for (const { data } of events) this.#missed(data.offset);
    if (more) this.#pull(socket);
  }

  #pull(socket: RawSocket): void {
    socket.send(JSON.stringify({ seq: "2", cmd: "gap", data: { after: this.#offset } }));
  }

  #missed(offset: number): void {
    if (offset !== this.#offset + 1) this.#faults += 1;
    this.#offset = Math.max(this.#offset, offset);
  }
}

type Envelope = {
  readonly cmd: string;
  readonly data?: unknown;
  readonly response?: { readonly data: unknown };
};
type LoginAnswer = {
  readonly position: { readonly epoch: string; readonly offset: number };
  readonly more?: boolean;
};
type GapAnswer = {
  readonly events: readonly { readonly data: { readonly offset: number } }[];
  readonly more: boolean;
};
