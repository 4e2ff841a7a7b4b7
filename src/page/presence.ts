import { signal } from "@preact/signals";
import type { PresenceChange } from "../protocol/events";
import type { PresencePage, PresenceSnapshot } from "../protocol/replies";
import { applyChange, applyCount, EMPTY_ROSTER, fromSnapshot, type Roster } from "./roster";
import { noted, stillTyping, type Typists } from "./typists";

type TypingNotice = { readonly userId: string; readonly name: string; readonly on: boolean };

/** Who is in the room and who of them is writing, as signals that follow the room's events. */
export class Presence {
  readonly roster = signal<Roster>(EMPTY_ROSTER);
  readonly typists = signal<Typists>(new Map());
  readonly #ask: (after?: string) => Promise<PresencePage>;

  /** `ask` gets a page of the roster; it is called when a change was missed. */
  constructor(ask: (after?: string) => Promise<PresencePage>) {
    this.#ask = ask;
  }

  /** In a crowd the server names nobody: no list, no typing, no comings and goings. */
  get isCrowd(): boolean {
    const { count, users } = this.roster.peek();
    return count > 0 && users.size === 0;
  }

  /** After a login the roster stands anew. */
  restart(snapshot: PresenceSnapshot): void {
    this.roster.value = fromSnapshot(snapshot);
    this.typists.value = new Map();
  }

  /** Takes a join or leave. Tells whether it is news: somebody came or went who was not or was here. */
  changed(direction: "enter" | "exit", change: PresenceChange): boolean {
    const before = this.roster.peek();
    const applied = applyChange(before, direction, change);
    if (applied.kind === "hole") void this.#askAnew();
    if (applied.kind !== "changed") return false;
    this.roster.value = applied.roster;
    this.typing({ ...change, on: false });
    return before.users.has(change.userId) === (direction === "exit");
  }

  counted(crowd: { readonly count: number; readonly version: number }): void {
    this.roster.value = applyCount(this.roster.peek(), crowd);
  }

  typing(notice: TypingNotice): void {
    const known = this.typists.peek();
    if (!notice.on && !known.has(notice.userId)) return;
    this.typists.value = noted(known, notice, Date.now());
  }

  /** Forgets whose last notice is too old. Called every second while somebody is writing. */
  forgetTypists(now: number): void {
    this.typists.value = stillTyping(this.typists.peek(), now);
  }

  async #askAnew(): Promise<void> {
    try {
      const first = await this.#ask();
      const users = [...first.users];
      for (let next = first.next; next !== null; ) {
        const page = await this.#ask(next);
        users.push(...page.users);
        next = page.next;
      }
      this.roster.value = fromSnapshot({ ...first, users });
    } catch {
      // The link broke, or the room is busy. The next login brings the roster anyway.
    }
  }
}
