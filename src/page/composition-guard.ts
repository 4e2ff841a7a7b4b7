/**
 * Knows whether a key belongs to an input method. Enter that picks a Chinese word must never send.
 *
 * `isComposing` alone is not enough: Safari ends the composition before the Enter that ended it, and only
 * its key code 229 tells; others deliver that Enter in the same task as the end. So a composition counts
 * until the task after its end.
 */
export class CompositionGuard {
  #isComposing = false;

  started(): void {
    this.#isComposing = true;
  }

  ended(): void {
    setTimeout(() => {
      this.#isComposing = false;
    });
  }

  /** The key is the input method's, not ours. */
  owns(event: Pick<KeyboardEvent, "isComposing" | "keyCode">): boolean {
    return this.#isComposing || event.isComposing || event.keyCode === 229;
  }
}
