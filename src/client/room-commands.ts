import type { CreateReply, InviteReply, JoinReply, MembersPage } from "../protocol/replies";
import type { Role, Visibility } from "../protocol/verbs";

/** Why something is done, for the audit log and for the one it is done to; at most 500 characters. */
type WithReason = { readonly reason?: string };

/** Times are ms since 1970. Without `untilMs` it lasts until somebody ends it; 0 ends it. */
type Sanction = WithReason & { readonly userId: string; readonly untilMs?: number };

/**
 * What `RoomClient.ask` can ask for, by the command's name: what it takes and what the room answers. Each
 * acts on the room of the connection, unless it names another.
 */
export type RoomCommands = {
  /** The caller becomes owner. Without `room` it gets a name; `userId` is the other one of a direct room. */
  readonly create: {
    readonly data: { readonly room?: string; readonly visibility?: Visibility; readonly userId?: string };
    readonly reply: CreateReply;
  };
  /** Makes an invitation. Its `secret` is told this once only. `revoke` takes one back, by its id. */
  readonly invite: {
    readonly data: { readonly untilMs?: number; readonly uses?: number; readonly revoke?: string };
    readonly reply: InviteReply;
  };
  /** Becomes a member by an invitation. */
  readonly join: {
    readonly data: { readonly secret: string; readonly room?: string };
    readonly reply: JoinReply;
  };
  /** Gives one's membership up. */
  readonly leave: { readonly data: Record<string, never>; readonly reply: { readonly userId: string } };
  /** Closes somebody's connections. They may come back. */
  readonly kick: {
    readonly data: WithReason & { readonly userId: string };
    readonly reply: { readonly kicked: number };
  };
  readonly mute: { readonly data: Sanction; readonly reply: { readonly untilMs: number | null } };
  readonly ban: { readonly data: Sanction; readonly reply: { readonly untilMs: number | null } };
  /** A locked room is silent: only those who moderate it may write. */
  readonly lock: {
    readonly data: WithReason & { readonly on: boolean };
    readonly reply: { readonly locked: boolean };
  };
  /** Gives a role; null takes the membership away. */
  readonly role: {
    readonly data: WithReason & { readonly userId: string; readonly role: Role | null };
    readonly reply: { readonly userId: string; readonly role: Role | null };
  };
  /** A page of the members; `after` is the `next` of the page before. */
  readonly members: {
    readonly data: { readonly after?: string; readonly limit?: number };
    readonly reply: MembersPage;
  };
};
