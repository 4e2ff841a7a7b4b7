import { exports } from "cloudflare:workers";
import { gunzipSync } from "node:zlib";
import { expect } from "vitest";
import type { RoomEvent } from "../../src/protocol/events";
import { type Reply, SUBPROTOCOL } from "../../src/protocol/frame";
import type { LoginReply } from "../../src/protocol/replies";

/** A frame as it came: `packed` are the bytes of a binary one, undefined of a text. */
export type ReceivedFrame = { readonly text: string; readonly packed: Uint8Array | undefined };

/** A client for tests in workerd that reads binary frames too, and remembers which were binary. */
export class GzipMember {
  readonly #socket: WebSocket;
  readonly frames: ReceivedFrame[] = [];
  #seq = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => this.#take(data as string | ArrayBuffer));
    socket.accept();
  }

  /** Opens a socket at a path of the Worker, without logging in. */
  static async open(path: string, headers: Record<string, string> = {}): Promise<GzipMember> {
    const request = new Request(`https://roomcast.test${path}`, {
      headers: { Upgrade: "websocket", ...headers },
    });
    const { webSocket, status } = await exports.default.fetch(request);
    if (webSocket === null) throw new Error(`${path} answered ${status} and no socket`);
    return new GzipMember(webSocket);
  }

  /** Opens a native socket and logs in with `data`; the reply is the first one in `envelopes`. */
  static async join(room: string, userId: string, data: Record<string, unknown> = {}): Promise<GzipMember> {
    const path = `/api/rooms/${encodeURIComponent(room)}/ws`;
    const member = await GzipMember.open(path, { "Sec-WebSocket-Protocol": SUBPROTOCOL });
    await member.ask("login", { userId, ...data });
    return member;
  }

  get packed(): ReceivedFrame[] {
    return this.frames.filter(({ packed }) => packed !== undefined);
  }

  get texts(): ReceivedFrame[] {
    return this.frames.filter(({ packed }) => packed === undefined);
  }

  /** Every envelope, in order. */
  get envelopes(): (RoomEvent | Reply)[] {
    return this.frames.flatMap(({ text }) => text.split("\n").map((line) => JSON.parse(line)));
  }

  get login(): LoginReply {
    return this.replies().find(({ cmd }) => cmd === "login")?.response.data as LoginReply;
  }

  replies(): Reply[] {
    return this.envelopes.filter((each) => "response" in each);
  }

  /** The offsets of the messages that came as events, in the order in which they came. */
  offsets(): number[] {
    return this.envelopes.flatMap((each) => (each.cmd === "msg" && "data" in each ? [each.data.offset] : []));
  }

  /** Waits until a message with this offset has come. */
  async heard(offset: number): Promise<void> {
    await expect.poll(() => this.offsets(), { timeout: WAIT_MS }).toContain(offset);
  }

  /** Sends a command and gives the answer's data. */
  async ask(cmd: string, data: unknown = {}): Promise<unknown> {
    this.#seq += 1;
    const seq = `q${this.#seq}`;
    this.send(JSON.stringify({ seq, cmd, data }));
    await this.answered(seq);
    const response = this.replies().find((each) => each.seq === seq)?.response;
    if (response?.code !== 200) throw new Error(`${cmd} was refused: ${JSON.stringify(response)}`);
    return response.data;
  }

  async answered(seq: string): Promise<void> {
    const find = () => this.replies().some((each) => each.seq === seq);
    await expect.poll(find, { timeout: WAIT_MS, message: `an answer to ${seq}` }).toBe(true);
  }

  /** Says things in one frame, so that they share a flush, and waits until all were answered. */
  async sayAtOnce(messages: readonly string[]): Promise<void> {
    const run = crypto.randomUUID();
    const lines = messages.map((msg, index) =>
      JSON.stringify({ seq: `${run} ${index}`, cmd: "publish", data: { msg } }),
    );
    this.send(lines.join("\n"));
    await this.answered(`${run} ${messages.length - 1}`);
  }

  send(frame: string): void {
    this.#socket.send(frame);
  }

  [Symbol.dispose](): void {
    try {
      this.#socket.close(1000, "test over");
    } catch {
      // Ended by the room already.
    }
  }

  #take(data: string | ArrayBuffer): void {
    if (typeof data === "string") {
      this.frames.push({ text: data, packed: undefined });
      return;
    }
    const packed = new Uint8Array(data);
    this.frames.push({ text: gunzipSync(packed).toString("utf8"), packed });
  }
}

/** Long, because machines are shared; what should come comes in milliseconds. */
const WAIT_MS = 20_000;
