import { signal } from "@preact/signals";
import type { RoomClient } from "../client/room-client";
import type { Message } from "./message";
import { refusalWords } from "./refusal-words";
import type { Silence } from "./standing";

/** What the reader does to messages that are in the room. They change when the room says that they have. */
export class Changing {
  /** The own message whose words are in the composer. */
  readonly edited = signal<Message | undefined>(undefined);
  /** The message with the tools on it. */
  readonly toolsOn = signal<string | undefined>(undefined);
  /** Why the last change was refused; empty if it was not. */
  readonly problem = signal("");
  readonly #client: RoomClient;
  readonly #ownId: () => string;
  readonly #silence: () => Silence | undefined;

  constructor(client: RoomClient, ownId: () => string, silence: () => Silence | undefined) {
    this.#client = client;
    this.#ownId = ownId;
    this.#silence = silence;
  }

  /** Puts a reaction on, or takes it off if it is the reader's own. */
  toggle({ offset, reactions }: Message, emoji: string): void {
    const isOn = reactions.some((one) => one.emoji === emoji && one.users.includes(this.#ownId()));
    if (offset !== undefined) this.#ask(this.#client.react(offset, emoji, !isOn));
  }

  delete({ offset }: Message): void {
    if (offset !== undefined) this.#ask(this.#client.delete(offset));
  }

  /** Puts the words of a message into the composer, or takes them out again. */
  startEdit(message: Message | undefined): void {
    this.problem.value = "";
    this.edited.value = message;
  }

  /** Gives the edited message other words. */
  finishEdit(text: string): void {
    const message = this.edited.peek();
    this.edited.value = undefined;
    if (message?.offset !== undefined && message.text !== text)
      this.#ask(this.#client.edit(message.offset, text));
  }

  #ask(change: Promise<unknown>): void {
    this.problem.value = "";
    change.catch((error: unknown) => {
      this.problem.value = refusalWords(error, this.#silence()) ?? "";
    });
  }
}
