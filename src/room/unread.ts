/**
 * How far a connection may lag behind what was sent to it: broadcasts, answers and all.
 *
 * The runtime queues sent frames without limit and does not say how many wait, so the bound is kept by
 * asking: after so many bytes the client is sent `sync`, and must `ack` before so many more have gone.
 */
export class Unread {
  #bytes = 0;
  #asked = false;
  /** What was sent in this turn cannot have been read in it, whatever the client says in advance. */
  #askedInThisTurn = false;
  #next: string | undefined;
  #nextFromThisTurn: string | undefined;

  /** A frame of the client's has come: what was sent before it may have been read. */
  beginTurn(): void {
    this.#askedInThisTurn = false;
    this.#next = this.#nextFromThisTurn;
  }

  /** Takes note of sent bytes. */
  sent(bytes: number): void {
    this.#bytes += bytes;
  }

  /** What is due: nothing, the question, or the end. */
  due(syncAfterBytes: number, slowAfterBytes: number): "fine" | "ask" | "slow" {
    if (this.#asked) return this.#bytes > slowAfterBytes ? "slow" : "fine";
    if (this.#bytes <= syncAfterBytes) return "fine";
    this.#asked = true;
    this.#askedInThisTurn = true;
    this.#bytes = 0;
    return "ask";
  }

  /** The client has read up to the question. An answer that nobody asked for changes nothing. */
  acknowledged(): void {
    if (!this.#asked || this.#askedInThisTurn) return;
    this.#asked = false;
    this.#bytes = 0;
  }

  /** A page was sent; whoever asks for the one that follows it has read it. */
  expectNext(cursor: string): void {
    this.#nextFromThisTurn = cursor;
  }

  /** The client asks for a page. If it is the expected one, everything before has been read. */
  asksFor(cursor: string): void {
    if (cursor !== this.#next || this.#askedInThisTurn) return;
    this.#asked = false;
    this.#bytes = 0;
  }
}
