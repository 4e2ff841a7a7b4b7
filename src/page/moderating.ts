import { signal } from "@preact/signals";
import { LinkLost } from "../client/command-errors";
import type { RoomClient } from "../client/room-client";
import { text, times } from "./reader";
import { refusalWords } from "./refusal-words";

/** Somebody on whom a moderator acts. */
export type Person = { readonly userId: string; readonly name: string };

/** What became of the last act, in words. `undo` takes it back. */
export type Outcome = { readonly words: string; readonly undo?: () => void };

/** What a moderator does about people. The room decides about each act, and those concerned are told. */
export class Moderating {
  /** On whom the menu acts. */
  readonly person = signal<Person | undefined>(undefined);
  readonly outcome = signal<Outcome | undefined>(undefined);
  readonly #client: RoomClient;

  constructor(client: RoomClient) {
    this.#client = client;
  }

  kick({ userId, name }: Person): Promise<void> {
    return this.#act(this.#client.ask("kick", { userId }), { words: text.wasKicked(name) });
  }

  mute({ userId, name }: Person, untilMs: number): Promise<void> {
    return this.#act(this.#client.ask("mute", { userId, untilMs }), {
      words: text.wasMuted(name, times.moment(untilMs, Date.now())),
      undo: () => this.#undo("mute", userId),
    });
  }

  ban({ userId, name }: Person): Promise<void> {
    return this.#act(this.#client.ask("ban", { userId }), {
      words: text.wasBanned(name),
      undo: () => this.#undo("ban", userId),
    });
  }

  #undo(cmd: "mute" | "ban", userId: string): void {
    void this.#act(this.#client.ask(cmd, { userId, untilMs: 0 }), { words: text.undone });
  }

  async #act(act: Promise<unknown>, done: Outcome): Promise<void> {
    this.outcome.value = undefined;
    try {
      await act;
      this.outcome.value = done;
    } catch (error) {
      const words = error instanceof LinkLost ? text.offline : (refusalWords(error, undefined) ?? "");
      this.outcome.value = { words: text.notDone(words) };
    }
  }
}
