import { signal } from "@preact/signals";
import { CompositionGuard } from "./composition-guard";
import { lastOwn } from "./log-entries";
import type { Message } from "./message";
import type { RoomStore } from "./room-store";
import { expandShortNames, shortNameAtEnd } from "./short-names";
import { TypingNotice } from "./typing-notice";

/** A machine with a real keyboard, by its pointer. On a touch keyboard Enter makes a line. */
export const DESKTOP = "(hover: hover) and (pointer: fine)";

/**
 * What is being written in the composer's field, and what its keys do.
 *
 * The text lives in the field only. Setting the field's value while an input method composes would end the
 * composition, so nothing here does, and the field is never rendered with a value.
 */
export class Writing {
  readonly isBlank = signal(true);
  readonly isTooLong = signal(false);
  readonly #store: RoomStore;
  readonly #guard = new CompositionGuard();
  readonly #notice: TypingNotice;
  /** What was being written when an edit took the field over. */
  #stashed: string | undefined;

  constructor(store: RoomStore) {
    this.#store = store;
    this.#notice = new TypingNotice((on) => store.typing(on));
  }

  compositionStarted(): void {
    this.#guard.started();
  }

  compositionEnded(): void {
    this.#guard.ended();
  }

  /** Something was typed, pasted or composed. */
  typed(field: HTMLTextAreaElement, isComposing: boolean): void {
    if (!isComposing) replaceShortName(field);
    this.#changed(field);
  }

  /** Whether this key press sends. */
  isSending(event: KeyboardEvent): boolean {
    if (event.key !== "Enter" || event.shiftKey || event.altKey || this.#guard.owns(event)) return false;
    return event.ctrlKey || event.metaKey || matchMedia(DESKTOP).matches;
  }

  /** Sends and empties the field, unless there is nothing to send, or it cannot be sent: nothing is cut or lost. */
  send(field: HTMLTextAreaElement): void {
    field.focus();
    if (this.isBlank.peek() || this.isTooLong.peek() || this.#store.isClosed.peek()) return;
    const words = expandShortNames(field.value.trim());
    if (this.#stashed !== undefined) {
      this.#store.changing.finishEdit(words);
      return;
    }
    this.#store.send(words);
    field.value = "";
    this.#changed(field);
  }

  /** Up in an empty field takes the last own message back into it; Escape lets it be as it was. */
  isEditing(event: KeyboardEvent): boolean {
    if (this.#guard.owns(event) || event.shiftKey || event.altKey) return false;
    const { changing, isClosed } = this.#store;
    const last = lastOwn(this.#store.log.peek());
    if (event.key === "ArrowUp" && this.isBlank.peek() && !isClosed.peek() && last !== undefined)
      changing.startEdit(last);
    else if (event.key === "Escape" && this.#stashed !== undefined) changing.startEdit(undefined);
    else return false;
    return true;
  }

  /** An edit begins or ends: its words come into the field, and what stood there comes back afterwards. */
  follow(field: HTMLTextAreaElement, edited: Message | undefined): void {
    if (edited === undefined && this.#stashed === undefined) return;
    if (edited === undefined) {
      field.value = this.#stashed ?? "";
      this.#stashed = undefined;
    } else {
      this.#stashed ??= field.value;
      field.value = edited.text;
    }
    field.focus();
    this.#changed(field);
  }

  /** Puts an emoji where the caret is. */
  insert(field: HTMLTextAreaElement, emoji: string): void {
    field.setRangeText(emoji, field.selectionStart, field.selectionEnd, "end");
    this.#changed(field);
    field.focus();
  }

  #changed(field: HTMLTextAreaElement): void {
    this.isBlank.value = field.value.trim() === "";
    this.isTooLong.value = new TextEncoder().encode(field.value).length > this.#store.messageBytes.peek();
    growToContent(field);
    if (this.isBlank.peek()) this.#notice.stop();
    else this.#notice.changed(Date.now());
  }
}

/** A `:short_name:` becomes its emoji when its second colon is written. */
function replaceShortName(field: HTMLTextAreaElement): void {
  const caret = field.selectionStart;
  const found = shortNameAtEnd(field.value.slice(0, caret));
  if (found !== undefined) field.setRangeText(found.emoji, caret - found.written.length, caret, "end");
}

/** For browsers without `field-sizing: content`. */
function growToContent(field: HTMLTextAreaElement): void {
  if (CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}
