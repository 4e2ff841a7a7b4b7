/**
 * What a link needs of a WebSocket. The ones of browsers, Node (22 and later), workerd and the `ws` package
 * all have it, and a test can bring its own.
 */
export type Socket = {
  /** 1 while it can send. */
  readonly readyState: number;
  /** What is not text is asked for as an ArrayBuffer. */
  binaryType?: string;
  send(text: string): void;
  close(code?: number): void;
  addEventListener(
    type: "open" | "message" | "close" | "error",
    listener: (event: SocketEvent) => void,
  ): void;
};

/** `data` of a message; `code` and `reason` of a close. */
export type SocketEvent = {
  readonly type: string;
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
};

export type SocketClass = new (url: string, subprotocol: string) => Socket;

/** The platform's own. Asked for at the first connection only, so that importing works anywhere. */
export function platformSocket(): SocketClass {
  const { WebSocket } = globalThis as { readonly WebSocket?: SocketClass };
  if (WebSocket === undefined) {
    throw new Error("This platform has no WebSocket: give the client one, as the option `WebSocket`.");
  }
  return WebSocket;
}
