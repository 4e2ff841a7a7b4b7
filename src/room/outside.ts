import type { Answer } from "../durable/answer";
import { passes } from "../durable/brake";
import type { Claims } from "../durable/claims";
import { Credentials } from "../durable/credentials";
import { directoryOf } from "../durable/directories";
import type { Log } from "../durable/log";
import type { RoomReport } from "../durable/metrics";
import { objectNamed } from "../durable/objects";
import { signingSecret } from "../durable/secret";
import { Sessions } from "../durable/sessions";
import type { Settings } from "../durable/settings";
import { Tokens } from "../durable/tokens";
import { within } from "../durable/within";
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
  /** Whether these claims were taken back: for whoever only asks, which makes no room a live one. */
  readonly isRevoked: (claims: Claims) => Promise<boolean>;
  /** Another room. */
  readonly neighbour: (room: string) => Neighbour;
  /** Whether one more guest may be made for an address: approximate, and only where the brake is bound. */
  readonly admitsGuest: (address: string) => Promise<boolean>;
  /** Whether one more room may come into being from an address; if not, when. */
  readonly mayBeMade: (address: string) => Promise<{ retryAfterMs: number }>;
  /** Tells the directory what was counted here. */
  readonly report: (report: RoomReport) => Promise<void>;
  /** Tells a user's object that the user has left something here. */
  readonly reportTrace: (userId: string, at: number) => Promise<{ isErased: boolean; before: number }>;
};

/** How long a room waits for another object. One that hangs must not keep everybody else out. */
const DIRECTORY_MS = 5_000;
const USER_MS = 10_000;

/** What a room asks of another one. */
export type Neighbour = {
  found(founder: Founder, foundation: Foundation): Promise<Answer<CreateReply>>;
  join(person: Person, secret: string): Promise<Answer<{ userId: string; role: Role }>>;
};

export function outsideOf(env: Env, settings: Settings, name: string, rules: Rules, log: Log): Outside {
  const sessions = new Sessions(() => signingSecret(env));
  // A stub for each call: one that broke would stay broken until the next wake.
  const directory = () => directoryOf(env, settings, name);
  const watch = new RevocationWatch({
    enter: () => within(DIRECTORY_MS, directory().enter(name, rules.visibility === "listed")),
    leave: () => within(DIRECTORY_MS, directory().leave(name)),
    log,
  });
  return {
    sessions,
    credentials: new Credentials(settings, sessions, new Tokens(settings)),
    watch,
    isRevoked: async (claims) => {
      if (watch.isReady || watch.hits(claims)) return watch.hits(claims);
      return within(DIRECTORY_MS, directory().hits(claims));
    },
    neighbour: (room) => objectNamed(env.ROOM, room, settings.JURISDICTION),
    admitsGuest: (address) => passes(env.SESSION_BRAKE, newestHash(address)),
    mayBeMade: (address) => {
      const hash = newestHash(address);
      return directoryOf(env, settings, hash).mayMakeRoom(hash);
    },
    report: (report) => within(DIRECTORY_MS, directory().report(name, report)),
    reportTrace: (userId, at) => {
      return within(USER_MS, objectNamed(env.USER, userId, settings.JURISDICTION).leftTrace(name, at));
    },
  };
}
