/// <reference types="node" />
/** What every test of the page stands on. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { type RunningServer, startServer } from "../support/server.ts";

/** A server for guests and a browser, for the tests of one file. Both are there once the first test runs. */
export class Stage {
  #server: RunningServer | undefined;
  #browser: Browser | undefined;

  private constructor() {}

  /** Sets it up before the file's tests and takes it down behind them. */
  static set(): Stage {
    const stage = new Stage();
    beforeAll(async () => {
      [stage.#server, stage.#browser] = await Promise.all([
        startServer({ vars: { AUTH: "guest" } }),
        launchChromium(),
      ]);
    });
    afterAll(async () => {
      await stage.#browser?.close();
      await stage.#server?.stop();
    });
    return stage;
  }

  get server(): RunningServer {
    if (this.#server === undefined) throw new Error("the stage is set when the first test runs");
    return this.#server;
  }

  get browser(): Browser {
    if (this.#browser === undefined) throw new Error("the stage is set when the first test runs");
    return this.#browser;
  }
}
