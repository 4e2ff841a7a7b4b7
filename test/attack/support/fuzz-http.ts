/** Sends the fuzzer's requests as they are: no client between that would mend a path or a header. */
import { Agent, request } from "node:http";
import type { FuzzTally } from "./fuzz-tally.ts";
import type { FuzzRequest } from "./requests.ts";

const WAIT_MS = 30_000;

export class FuzzHttp {
  readonly #address: { readonly host: string; readonly port: number };
  readonly #tally: FuzzTally;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });

  constructor(origin: string, tally: FuzzTally) {
    const { hostname, port } = new URL(origin);
    this.#address = { host: hostname, port: Number(port) };
    this.#tally = tally;
  }

  /** Sends them over a few connections at once, and returns when the last is answered. */
  async send(requests: readonly FuzzRequest[]): Promise<void> {
    const waiting = [...requests];
    const sendNext = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await this.#one(next);
    };
    await Promise.all(Array.from({ length: 8 }, sendNext));
  }

  close(): void {
    this.#agent.destroy();
  }

  #one({ method, path, headers, body }: FuzzRequest): Promise<void> {
    this.#tally.requests += 1;
    return new Promise((resolve) => {
      // Node sends the body of a DELETE without a length: to the server, the next request.
      const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
      const options = {
        ...this.#address,
        method,
        path,
        headers: { ...headers, ...length },
        agent: this.#agent,
        timeout: WAIT_MS,
      };
      const asking = request(options, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("error", () => undefined);
        response.on("close", () => {
          const { statusCode: status = 0, headers: told } = response;
          this.#tally.answered({ method, path, status, headers: told, body: String(Buffer.concat(parts)) });
          resolve();
        });
      });
      asking.on("timeout", () => {
        this.#tally.offences.push(`no answer within ${WAIT_MS} ms: ${method} ${path}`);
        asking.destroy();
      });
      asking.on("error", () => {
        this.#tally.unanswered += 1;
        resolve();
      });
      asking.end(body);
    });
  }
}
