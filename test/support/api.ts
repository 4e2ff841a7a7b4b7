import { exports } from "cloudflare:workers";

/** Calls of the HTTP API in tests in workerd, and what they were answered, with the body read. */

export type ApiAnswer = {
  readonly status: number;
  /** Parsed; undefined where it is no JSON. */
  readonly body: Record<string, unknown> | undefined;
  readonly text: string;
};

/** Calls a path of the Worker. `bearer`: an API key, a token or a session; empty for nobody. */
export async function api(bearer: string, method: string, path: string, body?: unknown): Promise<ApiAnswer> {
  const request = new Request(`https://roomcast.test${path}`, {
    method,
    headers: {
      ...(bearer === "" ? {} : { authorization: `Bearer ${bearer}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const response = await exports.default.fetch(request);
  const text = await response.text();
  const isJson = (response.headers.get("content-type") ?? "").startsWith("application/json");
  return { status: response.status, body: isJson ? JSON.parse(text) : undefined, text };
}

/** The answer without what is different in every request. */
export function withoutRequestId({ status, text }: ApiAnswer): string {
  return `${status} ${text.replace(/"requestId":"[^"]*"/, "")}`;
}
