// biome-ignore-all lint/performance/noBarrelFile: the package's front door; inside, every file is imported by its own name.
/**
 * The Roomcast client: chat rooms from a browser, Node (22 and later) or a Worker.
 *
 * ```ts
 * import { RoomClient } from "roomcast";
 *
 * const client = new RoomClient({
 *   origin: "https://chat.example.org",
 *   room: "lobby",
 *   profile: { name: "Ann" },
 *   listener: { sequenced: (events) => console.log(events) },
 * });
 * client.connect();
 * await client.publish({ msg: "hello" });
 * client.leave();
 * ```
 *
 * Guaranteed: every message and change of the log reaches `sequenced` once and in order, across broken
 * links, or `restarted` says that this was impossible and why. A message whose `publish` has resolved is in
 * the log, once, after those published before it. Events of `happened` (comings and goings, who is typing)
 * may be missed while there is no link.
 *
 * - `new RoomClient({ origin, room, profile, listener?, userId?, getToken?, invite?, sessions?, outbox?,
 *   position?, backoff?, gzip?, WebSocket? })`
 * - `connect()` · `leave()` · `signOut(): Promise<void>` · `probe()` · `introduce(profile)`
 * - `publish({ msg, msgId?, type?, extra?, replyTo? }): Promise<{ offset, time }>`
 * - `edit(of, msg)` · `delete(of)` · `react(of, emoji, on)`: `Promise<{ offset, time, repeated }>`
 * - `read(offset): Promise<void>` · `readNow()`
 * - `ask("create" | "invite" | "join" | "leave" | "kick" | "mute" | "ban" | "lock" | "role" | "members", data)`
 * - `history({ before | after | around | since, limit? })` · `presence(after?)` · `typing(on)`
 * - `state` · `position` · `userId`
 *
 * Promises are rejected with `CommandRefused` (the room's no, with its code) or `LinkLost` (nobody knows).
 * `roomcast/indexed-db-outbox` keeps unsent messages in a browser across reloads.
 */

export type { Notice, Publication, RoomEvent, SequencedEvent } from "../protocol/events";
export type { Position } from "../protocol/position";
export type { FoldedMessage, HistoryReply, LoginReply, MemberEntry, PresencePage } from "../protocol/replies";
export type { Role, Verb, Visibility } from "../protocol/verbs";
export { CommandRefused, LinkLost } from "./command-errors";
export type { ConnectionState } from "./connection-state";
export type { Profile } from "./log-in";
export type { Receipt, WaitingDraft } from "./outbox";
export {
  type Draft,
  type KeptDraft,
  type OutboxOwner,
  type OutboxStore,
  outboxInMemory,
} from "./outbox-store";
export type { NewDraft } from "./publisher";
export { RoomClient } from "./room-client";
export type { HistoryQuery, RoomClientOptions } from "./room-client-options";
export type { RoomCommands } from "./room-commands";
export type { PassingEvent, RoomListener } from "./room-listener";
export { type Session, type SessionStore, sessionInMemory } from "./sessions";
export type { SocketClass } from "./socket";
