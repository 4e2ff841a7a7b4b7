/**
 * How far a connection may lag behind what was sent to it.
 *
 * The runtime queues sent frames without limit and does not say how many wait, so the bound is kept by
 * asking: after so many bytes the client is sent `sync`, and must `ack` before so many more have gone.
 */
export class Unread {
  #bytes = 0;
  #asked = false;

  /** Takes note of sent bytes and says what is due: nothing, the question, or the end. */
  sent(bytes: number, syncAfterBytes: number, slowAfterBytes: number): "fine" | "ask" | "slow" {
    this.#bytes += bytes;
    if (this.#asked) return this.#bytes > slowAfterBytes ? "slow" : "fine";
    if (this.#bytes <= syncAfterBytes) return "fine";
    this.#asked = true;
    this.#bytes = 0;
    return "ask";
  }

  /** The client has read up to the question. An answer that nobody asked for changes nothing. */
  acknowledged(): void {
    if (!this.#asked) return;
    this.#asked = false;
    this.#bytes = 0;
  }
}
