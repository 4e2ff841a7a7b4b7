/// <reference types="node" />
import type { Page, WebSocketRoute } from "playwright-core";

/** A cable between one page and the server that can be pulled out and put back. */
export class Cable {
  #isPulled = false;
  readonly #ends = new Set<WebSocketRoute>();

  async attach(page: Page): Promise<void> {
    await page.routeWebSocket(/\/ws$/, (near) => {
      if (this.#isPulled) {
        void near.close({ code: 1012 });
        return;
      }
      near.connectToServer();
      this.#ends.add(near);
    });
  }

  async pull(): Promise<void> {
    this.#isPulled = true;
    await Promise.all([...this.#ends].map((end) => end.close({ code: 1012 })));
    this.#ends.clear();
  }

  putBack(): void {
    this.#isPulled = false;
  }
}
