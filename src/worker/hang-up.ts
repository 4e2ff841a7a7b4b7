import type { EdgeContext } from "./context";

/**
 * The end of a socket that the Worker has closed and whose client may never answer.
 *
 * The platform keeps such a socket, and its memory, until the network ends it: nothing would count those
 * of somebody who only comes to be refused. So the client gets a moment for its answer, and then the
 * request that the socket belongs to is given up, which cuts it.
 */
export function hangUp(c: EdgeContext, socket: WebSocket): void {
  const context = executionOf(c);
  if (context === undefined || socket.readyState === WebSocket.READY_STATE_CLOSED) return;
  const ended = new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      resolve();
      // Where a runtime cannot do this, the network ends the socket later.
      context.abort?.("a client did not answer a close");
    }, ANSWER_MS);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    socket.addEventListener("close", end);
    socket.addEventListener("error", end);
  });
  context.waitUntil(ended);
}

/** Longer than any network takes that a chat is of use on. */
const ANSWER_MS = 5_000;

/** Hono's type is a common one for all platforms, and throws where a test gave it none. */
function executionOf(c: EdgeContext): ExecutionContext | undefined {
  try {
    return c.executionCtx as ExecutionContext;
  } catch {
    return undefined;
  }
}
