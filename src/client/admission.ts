import { CLOSE } from "../protocol/close-codes";
import type { Position } from "../protocol/position";
import type { LoginReply } from "../protocol/replies";
import { type Backoff, DEFAULT_BACKOFF, delayAfter } from "./backoff";
import { CommandRefused } from "./command-errors";
import { canInflate } from "./inflate";
import { type Credentials, logIn, type Profile } from "./log-in";
import { pause } from "./pause";
import type { RoomClientOptions } from "./room-client-options";
import { ownSession, sessionInMemory } from "./sessions";

/** Says a command on one link. Rejects with `LinkLost` once that has broken. */
type Say<Answer> = (data: unknown) => Promise<Answer>;

/** What lets a person into a room and keeps them there: who they are, the proof of it, an invitation. */
export class Admission {
  profile: Profile;
  readonly #credentials: Credentials;
  readonly #backoff: Backoff;
  readonly #givenUserId: string | undefined;
  readonly #gzip: true | undefined;
  #invite: string | undefined;
  /** The link on which a new token is being given. */
  #renewing: AbortSignal | undefined;
  /** A link was closed for its token, and no login has been accepted since. */
  #hasComeBack = false;

  constructor({ profile, sessions, getToken, backoff = DEFAULT_BACKOFF, ...given }: RoomClientOptions) {
    this.profile = profile;
    this.#backoff = backoff;
    this.#givenUserId = given.userId;
    this.#invite = given.invite;
    this.#gzip = given.gzip && canInflate() ? true : undefined;
    this.#credentials = { sessions: ownSession(sessions ?? sessionInMemory()), getToken };
  }

  /** Who this is, as far as it is known before a login. */
  get userId(): string | undefined {
    return this.#givenUserId ?? this.#credentials.sessions.load()?.userId;
  }

  async logIn(say: Say<LoginReply>, position: Position | undefined): Promise<LoginReply> {
    const login = {
      ...this.profile,
      userId: this.#givenUserId,
      position,
      invite: this.#invite,
      gzip: this.#gzip,
    };
    const reply = await logIn(say, login, this.#credentials);
    // Used once it has made a member. Said again it could be refused, because it has ended meanwhile.
    this.#invite = undefined;
    this.#hasComeBack = false;
    return reply;
  }

  /**
   * Gives a running link a new token, before the old one runs out and the room closes it; a guest shows its
   * session and gets a newer one. It is tried until `signal` says that the link is gone: the next one begins
   * with a login.
   */
  async renew(say: Say<{ readonly session?: string }>, signal: AbortSignal): Promise<void> {
    if (this.#renewing === signal) return;
    this.#renewing = signal;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        await this.#showToken(say);
        break;
      } catch (error) {
        const toldMs = error instanceof CommandRefused ? error.retryAfterMs : undefined;
        await pause(toldMs ?? delayAfter(failures, this.#backoff, Math.random()), signal);
      }
    }
    if (this.#renewing === signal) this.#renewing = undefined;
  }

  async #showToken(say: Say<{ readonly session?: string }>): Promise<void> {
    const { getToken, sessions } = this.#credentials;
    if (getToken !== undefined) {
      await say({ token: await getToken() });
      return;
    }
    const kept = sessions.load();
    if (kept === undefined) return;
    const { session } = await say({ token: kept.token });
    if (session !== undefined) sessions.save({ userId: kept.userId, token: session });
  }

  /**
   * Tells whether to come back although the room says to stay away: its reason was the token, and there may
   * be a new one. Once: when that is refused too, there is nothing left to try.
   */
  comesBackAfter(closeCode: number): boolean {
    if (closeCode !== CLOSE.token || this.#credentials.getToken === undefined || this.#hasComeBack)
      return false;
    this.#hasComeBack = true;
    return true;
  }

  /** Forgets the guest that this was. */
  forget(): void {
    this.#credentials.sessions.drop();
  }
}
