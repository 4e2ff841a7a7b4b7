import type { RunningServer } from "../../support/server.ts";

/** What the API tells of a room of a real server, as text: what an attack must leave as it was. */
export async function viewOf(
  server: Pick<RunningServer, "origin" | "apiKey">,
  room: string,
): Promise<Readonly<Record<string, string>>> {
  const parts = ["", "/messages", "/presence", "/members"];
  const answers = parts.map(async (part) => {
    const url = `${server.origin}/api/rooms/${encodeURIComponent(room)}${part}`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${server.apiKey}` } });
    const text = (await response.text()).replace(/"requestId":"[^"]*"/, "");
    return [`GET ${part}`, `${response.status} ${text}`] as const;
  });
  return Object.fromEntries(await Promise.all(answers));
}
