/**
 * A plain WebSocket client for real servers: what was received waits in order until a test asks for it.
 * Nothing is retried or hidden, and every wait is bounded and fails with what came instead.
 */
import { once } from "node:events";
import { type ClientOptions, WebSocket } from "ws";

const WAIT_MS = 10_000;

type Reply = {
  readonly response: { readonly code: number; readonly data: Readonly<Record<string, unknown>> };
};

/** Any JSON object that a server sends: a reply or an event. */
export type Envelope = Partial<Reply> & {
  readonly seq?: string;
  readonly cmd: string;
  readonly data?: Readonly<Record<string, unknown>>;
};

export class SocketClient implements Disposable {
  readonly #socket: WebSocket;
  readonly #frames: string[] = [];
  readonly #closeCode: Promise<number>;
  #seq = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (frame) => this.#frames.push(...String(frame).split("\n")));
    this.#closeCode = new Promise((resolve) => socket.once("close", resolve));
    // Any number of commands may wait for their replies at once.
    socket.setMaxListeners(0);
    // A refused or reset connection is told by its close; without a listener it would end the process.
    socket.on("error", () => undefined);
  }

  /** Connects to a path of `origin`, with a subprotocol if one is given. */
  static async connect(origin: string, path: string, ...subprotocols: string[]): Promise<SocketClient> {
    // Local workerd leaves the TCP connection of a client that never sent a frame open after both close
    // frames, so the client ends it, as browsers do.
    const options: ClientOptions & { readonly closeTimeout: number } = { closeTimeout: 500 };
    const client = new SocketClient(
      new WebSocket(origin.replace("http", "ws") + path, subprotocols, options),
    );
    await once(client.#socket, "open", { signal: AbortSignal.timeout(WAIT_MS) });
    return client;
  }

  /** Connects to a room with the native protocol and logs in. */
  static async join(origin: string, room: string, userId: string): Promise<SocketClient> {
    const client = await SocketClient.connect(origin, `/api/rooms/${room}/ws`, "roomcast.v1");
    await client.ask("login", { userId, name: userId });
    return client;
  }

  /** Sends a text frame as it is. */
  send(frame: string): void {
    this.#socket.send(frame);
  }

  /** The oldest frame nobody asked for yet, to the letter. */
  async next(): Promise<string> {
    return this.take(() => true);
  }

  /** Takes the oldest frame that fits; frames before it stay for others to ask for. */
  async take(fits: (frame: string) => boolean): Promise<string> {
    const deadline = AbortSignal.timeout(WAIT_MS);
    for (;;) {
      const at = this.#frames.findIndex(fits);
      if (at >= 0) return this.#frames.splice(at, 1).join();
      try {
        await once(this.#socket, "message", { signal: deadline });
      } catch {
        throw new Error(
          `No such frame within ${WAIT_MS} ms. There was: ${this.#frames.join("\n") || "nothing"}`,
        );
      }
    }
  }

  /** Sends a command and returns the data of its reply; a refusal fails the test. */
  async ask(cmd: string, data: unknown): Promise<Readonly<Record<string, unknown>>> {
    const response = await this.command(cmd, data);
    if (response.code !== 200) throw new Error(`${cmd} was refused: ${JSON.stringify(response)}`);
    return response.data;
  }

  /** Sends a command and returns its whole reply, refused or not. */
  async command(cmd: string, data: unknown): Promise<Reply["response"]> {
    const seq = String(++this.#seq);
    this.send(JSON.stringify({ seq, cmd, data }));
    const { response } = parse(await this.take((each) => parse(each).seq === seq));
    if (response === undefined) throw new Error(`${cmd} was answered with an event`);
    return response;
  }

  /** The code with which the connection ended; waits for its end. */
  async ended(): Promise<number> {
    const late = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error(`The connection did not end within ${WAIT_MS} ms`)), WAIT_MS).unref();
    });
    return Promise.race([this.#closeCode, late]);
  }

  /** Frames that have arrived and that nobody asked for. */
  get unasked(): readonly string[] {
    return this.#frames;
  }

  /** Says goodbye with code 1000 and waits for the answer. */
  async close(): Promise<void> {
    const closed = once(this.#socket, "close", { signal: AbortSignal.timeout(WAIT_MS) });
    this.#socket.close(1000);
    await closed;
  }

  /** Cuts the connection without a word, as a lost network does. */
  cut(): void {
    this.#socket.terminate();
  }

  [Symbol.dispose](): void {
    this.cut();
  }
}

function parse(frame: string): Envelope {
  return JSON.parse(frame) as Envelope;
}
