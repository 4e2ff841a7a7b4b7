import { exports } from "cloudflare:workers";
import type { EventData, EventName, RoomEvent } from "../../src/protocol/events";
import { type Reply, SUBPROTOCOL } from "../../src/protocol/frame";
import type { LoginReply, PublishReply } from "../../src/protocol/replies";

/**
 * A client of a room for tests in workerd: speaks frames, remembers all that it was sent, and waits for
 * what it expects with a bound that fails loudly.
 */
export class TestMember {
  readonly #socket: WebSocket;
  readonly #waiters = new Set<() => void>();
  #seq = 0;
  /** Every frame, in order, as it came. */
  readonly frames: string[] = [];
  /** Every native envelope, in order: frames may hold several. */
  readonly envelopes: (RoomEvent | Reply)[] = [];
  /** How the room ended this connection; undefined while it lasts. */
  closed: { readonly code: number; readonly reason: string } | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#take(String(data)));
    socket.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason };
      this.#wake();
    });
    // Listening first: what the room sends at once would be missed otherwise.
    socket.accept();
  }

  /** Opens a socket at a path of the Worker, without logging in. */
  static async open(path: string, headers: Record<string, string> = {}): Promise<TestMember> {
    const request = new Request(`https://roomcast.test${path}`, {
      headers: { Upgrade: "websocket", ...headers },
    });
    const { webSocket, status } = await exports.default.fetch(request);
    if (webSocket === null) throw new Error(`${path} answered ${status} and no socket`);
    return new TestMember(webSocket);
  }

  /** Opens a native socket to a room, without logging in. */
  static connect(room: string): Promise<TestMember> {
    return TestMember.open(`/api/rooms/${encodeURIComponent(room)}/ws`, {
      "Sec-WebSocket-Protocol": SUBPROTOCOL,
    });
  }

  /** Opens a native socket and logs in. */
  static async join(room: string, userId: string, data: Record<string, unknown> = {}): Promise<TestMember> {
    const member = await TestMember.connect(room);
    await member.login({ userId, ...data });
    return member;
  }

  async login(data: Record<string, unknown>): Promise<LoginReply> {
    return (await this.ask("login", data)) as LoginReply;
  }

  async publish(msg: string, data: Record<string, unknown> = {}): Promise<PublishReply> {
    return (await this.ask("publish", { msg, ...data })) as PublishReply;
  }

  /** Sends a command and gives the answer's data; throws with the refusal if it was refused. */
  async ask(cmd: string, data: unknown = {}): Promise<unknown> {
    const response = await this.command(cmd, data);
    if (response.code !== 200) throw new Error(`${cmd} was refused: ${JSON.stringify(response)}`);
    return response.data;
  }

  /** Sends a command and gives the whole response, refused or not. */
  async command(cmd: string, data: unknown = {}): Promise<Reply["response"]> {
    this.#seq += 1;
    const seq = String(this.#seq);
    this.send(JSON.stringify({ seq, cmd, data }));
    const reply = await this.#until(`the answer to ${cmd}`, () =>
      this.replies().find((each) => each.seq === seq),
    );
    return reply.response;
  }

  /** The response to the next frame that is answered with this seq; for frames that `command` would not write. */
  async answerTo(frame: string | ArrayBuffer, seq = ""): Promise<Reply["response"]> {
    const before = this.replies().length;
    this.send(frame);
    const find = () =>
      this.replies()
        .slice(before)
        .find((each) => each.seq === seq);
    return (await this.#until(`an answer with seq ${seq}`, find)).response;
  }

  send(frame: string | ArrayBuffer): void {
    this.#socket.send(frame);
  }

  /** The first event of a kind that fulfils the condition, waited for. */
  async event<Name extends EventName>(
    cmd: Name,
    matches: (data: EventData[Name]) => boolean = () => true,
  ): Promise<EventData[Name]> {
    return this.#until(`the event ${cmd}`, () => this.events(cmd).find(matches));
  }

  /** The data of all events of a kind so far. */
  events<Name extends EventName>(cmd: Name): EventData[Name][] {
    const events = this.envelopes.filter((each) => each.cmd === cmd && !("response" in each));
    return events.map((each) => (each as unknown as { data: EventData[Name] }).data);
  }

  replies(): Reply[] {
    return this.envelopes.filter((each) => "response" in each);
  }

  /** Waits until the room has ended this connection. */
  ended(): Promise<{ readonly code: number; readonly reason: string }> {
    return this.#until("the close", () => this.closed);
  }

  /** Waits until everything that was sent to this member before has arrived: a ping goes round. */
  async settle(): Promise<void> {
    await this.ask("ping");
  }

  /** Ends the connection. 1000 is a farewell; 1001 is a reload, which the room gives a grace. */
  close(code = 1000): void {
    this.#socket.close(code, "test");
  }

  [Symbol.dispose](): void {
    try {
      this.#socket.close(1000, "test over");
    } catch {
      // Ended by the room already.
    }
  }

  #take(frame: string): void {
    this.frames.push(frame);
    for (const line of frame.split("\n")) this.envelopes.push(JSON.parse(line));
    this.#wake();
  }

  #wake(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }

  async #until<Value>(what: string, look: () => Value | undefined): Promise<Value> {
    let found = look();
    while (found === undefined && (await this.#news())) found = look();
    if (found !== undefined) return found;
    throw new Error(`${what} did not come; so far: ${this.frames.slice(-10).join(" | ")}`);
  }

  /** True when something came, false when nothing did for long. */
  #news(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => finish(false), WAIT_MS);
      const finish = (hasCome: boolean) => {
        clearTimeout(timer);
        this.#waiters.delete(wake);
        resolve(hasCome);
      };
      const wake = () => finish(true);
      this.#waiters.add(wake);
    });
  }
}

/** Long, because machines are shared; what should come comes in milliseconds. */
const WAIT_MS = 20_000;
