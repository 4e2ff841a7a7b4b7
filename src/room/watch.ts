import type { Claims } from "../durable/claims";
import type { Log } from "../durable/log";
import { type Revocation, RevocationList } from "../durable/revocation";

/**
 * What a room knows of revocations, and that the directory knows of the room.
 *
 * A room asks once after each wake, before it accepts its first login; from then on the directory calls it
 * with whatever is revoked. A room that only wakes to speak to those who are in already asks nothing: it
 * is still among the live ones, so revocations reach it.
 *
 * It takes plain functions: `enter` makes the room one of the live ones and answers every revocation in
 * force, `leave` takes it off again.
 */
export class RevocationWatch {
  readonly #directory: WatchedDirectory;
  readonly #known = new RevocationList();
  #isEntered = false;
  /** The directory is being told something that has changed meanwhile. */
  #isOutdated = false;
  #entering: Promise<void> | undefined;
  /** Settled when no leave is on its way; never rejects. */
  #leaving: Promise<void> | undefined;

  constructor(directory: WatchedDirectory) {
    this.#directory = directory;
  }

  /** Whether everything is known, without asking for it. */
  get isReady(): boolean {
    return this.#isEntered;
  }

  /**
   * Undefined if everything is known already; else resolves when it is. Logins that come meanwhile share
   * one question. A failure rejects for all of them, and the next login asks again.
   */
  ready(): Promise<void> | undefined {
    if (this.#isEntered) return undefined;
    this.#entering ??= this.#enter().finally(() => {
      this.#entering = undefined;
    });
    return this.#entering;
  }

  /**
   * Whether the directory must keep calling, though nobody may be in yet: somebody is just coming in.
   * A room without anybody and without this may be taken off the live ones.
   */
  get isNeeded(): boolean {
    return this.#entering !== undefined || this.#isEntered;
  }

  /** Tells whether these claims were taken back. */
  hits(claims: Claims): boolean {
    return this.#known.hits(claims);
  }

  /** Learns of revocations that the directory calls with. */
  add(entries: Iterable<Revocation>): void {
    this.#known.add(entries);
  }

  /**
   * Tells the directory again what the room is, a listed one or not. Never throws: where it fails, the next
   * login tells it. Only for a room in which somebody is.
   */
  renew(): void {
    this.#isEntered = false;
    this.#isOutdated = this.#entering !== undefined;
    this.ready()?.catch((cause) => this.#directory.log("warn", "the directory did not answer", { cause }));
  }

  /**
   * The room is empty. The next login asks anew. Never throws: a report that is lost is found out later.
   * A room that has not asked since it woke is told of as well: an earlier wake has made it a live one.
   */
  left(): void {
    // Somebody is just coming in: a leave that arrived behind that enter would undo it.
    if (this.#entering !== undefined) return;
    this.#isEntered = false;
    const leave = async () => {
      try {
        await this.#directory.leave();
      } catch (cause) {
        // The directory finds the room empty the next time it calls it.
        this.#directory.log("warn", "the directory was not told that a room is empty", { cause });
      }
    };
    const leaving = leave().finally(() => {
      if (this.#leaving === leaving) this.#leaving = undefined;
    });
    this.#leaving = leaving;
  }

  async #enter(): Promise<void> {
    // One after the other: an enter that overtook a leave would be undone by it.
    while (this.#leaving !== undefined) await this.#leaving;
    do {
      this.#isOutdated = false;
      this.add(await this.#directory.enter());
    } while (this.#isOutdated);
    this.#isEntered = true;
  }
}

export type WatchedDirectory = {
  readonly enter: () => Promise<Iterable<Revocation>>;
  readonly leave: () => Promise<void>;
  readonly log: Log;
};
