import type { Answer } from "../durable/answer";
import { passes } from "../durable/brake";
import { Credentials } from "../durable/credentials";
import { directoryOf } from "../durable/directories";
import type { Log } from "../durable/log";
import { objectNamed } from "../durable/objects";
import { signingSecret } from "../durable/secret";
import { Sessions } from "../durable/sessions";
import type { Settings } from "../durable/settings";
import { Tokens } from "../durable/tokens";
import type { CreateReply } from "../protocol/replies";
import type { Role } from "../protocol/verbs";
import { newestHash } from "./connections";
import type { Foundation, Founder } from "./founding";
import type { Rules } from "./rules";
import type { Person } from "./standing";
import { RevocationWatch } from "./watch";

/** What a room asks of others: who somebody is, what was revoked, other rooms, and the users' objects. */
export type Outside = {
  readonly sessions: Sessions;
  readonly credentials: Credentials;
  readonly watch: RevocationWatch;
  /** Another room. */
  readonly neighbour: (room: string) => Neighbour;
  /** Whether one more guest may be made for an address: approximate, and only where the brake is bound. */
  readonly admitsGuest: (address: string) => Promise<boolean>;
  /** Whether one more room may come into being from an address; if not, when. */
  readonly mayBeMade: (address: string) => Promise<{ retryAfterMs: number }>;
  /** Tells a user's object that the user has left something here. */
  readonly reportTrace: (userId: string, at: number) => Promise<{ isErased: boolean; before: number }>;
};

/** What a room asks of another one. */
export type Neighbour = {
  found(founder: Founder, foundation: Foundation): Promise<Answer<CreateReply>>;
  join(person: Person, secret: string): Promise<Answer<{ userId: string; role: Role }>>;
};

export function outsideOf(env: Env, settings: Settings, name: string, rules: Rules, log: Log): Outside {
  const sessions = new Sessions(() => signingSecret(env));
  // A stub for each call: one that broke would stay broken until the next wake.
  const directory = () => directoryOf(env, settings, name);
  return {
    sessions,
    credentials: new Credentials(settings, sessions, new Tokens(settings)),
    watch: new RevocationWatch({
      enter: () => directory().enter(name, rules.visibility === "listed"),
      leave: () => directory().leave(name),
      log,
    }),
    neighbour: (room) => objectNamed(env.ROOM, room, settings.JURISDICTION),
    admitsGuest: (address) => passes(env.SESSION_BRAKE, newestHash(address)),
    mayBeMade: (address) => {
      const hash = newestHash(address);
      return directoryOf(env, settings, hash).mayMakeRoom(hash);
    },
    reportTrace: (userId, at) => objectNamed(env.USER, userId, settings.JURISDICTION).leftTrace(name, at),
  };
}
