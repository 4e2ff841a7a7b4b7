/** Pictures from email hashes: a stand-in for the picture host on loopback counts who asks it for what. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";

const HASHES = {
  small: "a".repeat(64),
  page: "b".repeat(64),
  large: "c".repeat(64),
  missing: "d".repeat(64),
};
const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

const asked: string[] = [];
let host: Server;
let server: RunningServer;

beforeAll(async () => {
  host = createServer((request, response) => {
    asked.push(request.url ?? "");
    if (request.url?.includes(HASHES.small))
      response.writeHead(200, { "content-type": "image/png" }).end(PIXEL);
    else if (request.url?.includes(HASHES.page))
      response.writeHead(200, { "content-type": "text/html" }).end("<b>");
    else if (request.url?.includes(HASHES.large))
      response.writeHead(200, { "content-type": "image/png" }).end(Buffer.alloc(5_000));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => host.listen(0, "127.0.0.1", resolve));
  const { port } = host.address() as AddressInfo;
  server = await startServer({
    vars: { GRAVATAR_URL: `http://127.0.0.1:${port}/avatar/`, AVATAR_BYTES: "2048" },
  });
});

afterAll(async () => {
  await server?.stop();
  host?.close();
});

test("a picture is fetched once, passed on with its type, and cached", async () => {
  const address = await addressOf(HASHES.small);
  for (const _time of [1, 2]) {
    const picture = await fetch(server.origin + address);
    expect(picture.status).toBe(200);
    expect(picture.headers.get("content-type")).toBe("image/png");
    expect(picture.headers.get("cache-control")).toBe("public, max-age=86400");
    expect(picture.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(Buffer.from(await picture.arrayBuffer())).toEqual(PIXEL);
  }
  expect(asked.filter((url) => url.includes(HASHES.small))).toEqual([`/avatar/${HASHES.small}?s=144&d=404`]);
});

test.each(["page", "large", "missing"] as const)("what is no picture (%s) is 404", async (kind) => {
  const picture = await fetch(server.origin + (await addressOf(HASHES[kind])));
  expect(picture.status).toBe(404);
});

async function addressOf(hash: string): Promise<string> {
  const response = await fetch(`${server.origin}/avatar`, { method: "POST", body: JSON.stringify({ hash }) });
  expect(response.status).toBe(200);
  const { avatar } = (await response.json()) as { avatar: string };
  return avatar;
}
