/**
 * The honest upper bound for a room in workerd: the flush rule, the page table and the joined frame of
 * ours, and nothing else. No protocol, no parsing, no presence, no limits, no answers.
 */

import { DurableObject } from "cloudflare:workers";
import { Buffer } from "node:buffer";
import { JoinedMessages } from "../joined-messages.ts";
import { accept, type RoomEnv, release, router, sendToAll } from "./rooms.ts";

/** HISTORY_PAGE_BYTES as it is by default. */
const PAGE_BYTES = 32_768;

type Page = { readonly first: number; count: number; bytes: number };

export class Room extends DurableObject<RoomEnv> {
  readonly #sockets = this.ctx.getWebSockets();
  readonly #sql = this.ctx.storage.sql;
  readonly #messages = new JoinedMessages(
    () => this.#sockets.length,
    (messages) => this.#flush(messages),
  );
  #page: Page;

  constructor(ctx: DurableObjectState, env: RoomEnv) {
    super(ctx, env);
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS history (
         first INTEGER PRIMARY KEY, count INTEGER NOT NULL, body TEXT NOT NULL
       ) STRICT`,
    );
    const newest =
      "SELECT first, count, octet_length(body) AS bytes FROM history ORDER BY first DESC LIMIT 1";
    // Before the first page, a full one: the first message opens another.
    this.#page = this.#sql.exec<Page>(newest).toArray()[0] ?? { first: 1, count: 0, bytes: PAGE_BYTES };
  }

  override fetch(): Response {
    return accept(this.ctx, this.#sockets);
  }

  override webSocketMessage(_: WebSocket, message: string | ArrayBuffer): void {
    this.#messages.add(String(message));
  }

  override webSocketClose(socket: WebSocket): void {
    release(this.#sockets, socket);
  }

  #flush(messages: readonly string[]): void {
    const frame = messages.join("\n");
    this.#append(messages, frame);
    sendToAll(this.#sockets, frame);
  }

  #append(messages: readonly string[], frame: string): void {
    const bytes = Buffer.byteLength(frame) + 1;
    if (bytes <= PAGE_BYTES - this.#page.bytes) this.#extend(messages.length, bytes, `${frame}\n`);
    else this.#appendInParts(messages);
  }

  /** Cuts a flush where pages become full. */
  #appendInParts(messages: readonly string[]): void {
    let part = { count: 0, bytes: 0, body: "" };
    let opensPage = false;
    let space = PAGE_BYTES - this.#page.bytes;
    const write = () => {
      if (part.count > 0 && opensPage) this.#insert(part.count, part.bytes, part.body);
      else if (part.count > 0) this.#extend(part.count, part.bytes, part.body);
    };
    for (const message of messages) {
      const bytes = Buffer.byteLength(message) + 1;
      if (bytes > space) {
        write();
        part = { count: 0, bytes: 0, body: "" };
        opensPage = true;
        space = PAGE_BYTES;
      }
      part.count += 1;
      part.bytes += bytes;
      part.body += `${message}\n`;
      space -= bytes;
    }
    write();
  }

  #extend(count: number, bytes: number, body: string): void {
    this.#sql.exec(
      "UPDATE history SET body = body || ?, count = count + ? WHERE first = ?",
      body,
      count,
      this.#page.first,
    );
    this.#page.count += count;
    this.#page.bytes += bytes;
  }

  #insert(count: number, bytes: number, body: string): void {
    const first = this.#page.first + this.#page.count;
    this.#sql.exec("INSERT INTO history (first, count, body) VALUES (?, ?, ?)", first, count, body);
    this.#page = { first, count, bytes };
  }
}

export default router;
