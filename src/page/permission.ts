import { computed, signal } from "@preact/signals";
import type { Notice } from "../protocol/events";
import type { LoginReply } from "../protocol/replies";
import { type Silence, type Standing, silenceOf, standingAfter, standingAtLogin, UNTOLD } from "./standing";

/** No timer runs longer: beyond 24 days a browser's would fire at once, and a laptop's clock stops in its sleep. */
const LONGEST_WAIT_MS = 60_000;

/** What the reader may do here, as signals that follow logins, notices and the clock. */
export class Permission {
  /** What keeps the reader from writing. */
  readonly silence = signal<Silence | undefined>(undefined);
  readonly #standing = signal<Standing>(UNTOLD);
  readonly mayModerate = computed(() => this.#standing.value.can.includes("moderate"));
  readonly mayReadHistory = computed(() => this.#standing.value.can.includes("history"));
  #muteEnd: ReturnType<typeof setTimeout> | undefined;

  loggedIn(login: LoginReply): void {
    this.#become(standingAtLogin(login));
  }

  noticed(notice: Notice): void {
    this.#become(standingAfter(this.#standing.peek(), notice));
  }

  #become(standing: Standing): void {
    this.#standing.value = standing;
    this.#look();
  }

  /** The room does not tell when a mute ends by itself. */
  #look(): void {
    clearTimeout(this.#muteEnd);
    const now = Date.now();
    const silence = silenceOf(this.#standing.peek(), now);
    this.silence.value = silence;
    if (silence?.kind !== "muted" || silence.untilMs === undefined) return;
    this.#muteEnd = setTimeout(() => this.#look(), Math.min(silence.untilMs - now, LONGEST_WAIT_MS));
  }
}
