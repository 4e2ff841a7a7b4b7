import { Hono } from "hono";
import { requestId } from "hono/request-id";
import { routePath } from "hono/route";
import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import { isUpgrade, requireCaller } from "./auth";
import { avatars } from "./avatars";
import { limitBody } from "./body-limit";
import { brakeCalls, brakeUpgrades } from "./brakes";
import { connectToRoom, refusePlainRequest } from "./connect";
import { configuration, type Edge } from "./context";
import { answerError, answerNotFound, answerRefusal } from "./errors";
import { members } from "./members";
import { metrics } from "./metrics";
import { cors } from "./origins";
import { serveRoomPage } from "./page";
import { revocations } from "./revocations";
import { rooms } from "./rooms";
import { secure } from "./security-headers";
import { seeds } from "./seeds";
import { users } from "./users";

/**
 * The Worker: the HTTP edge in front of the objects. It owns no state, and it must not know what a room
 * does with what it is handed.
 */
const app = new Hono<Edge>();

// Its own id for every request: one that a client sends along would come back in a header.
app.use(requestId({ headerName: "" }));

/** Every answer gets the same headers and one line in the log; a deployment that is set wrongly says so. */
app.use(async (c, next) => {
  const { settings, faults, log } = configuration(c.env);
  c.set("settings", settings);
  c.set("log", log);
  const startedAt = Date.now();
  if (faults[0] === undefined) await next();
  else c.res = answerRefusal(c, new Refusal(CODE.systemError, faults[0].reason, { field: faults[0].name }));
  // A response with a socket is given back as it came: a copy would lose the socket.
  if (c.res.webSocket == null) {
    c.res.headers.set("x-request-id", c.get("requestId"));
    secure(c.res.headers, settings);
  }
  log("info", "request", {
    requestId: c.get("requestId"),
    method: c.req.method,
    route: routePath(c, -1),
    status: c.res.status,
    ms: Date.now() - startedAt,
  });
});

app.use(brakeUpgrades);

// Before the key is asked for: what a socket may do, its login decides.
app.get("/api/rooms/:room/ws", (c, next) => (isUpgrade(c) ? connectToRoom(c) : next()));

app.use("/api/*", cors);
app.use("/api/*", brakeCalls);
for (const path of ["/avatar", "/avatar/*"]) app.use(path, cors, brakeCalls);
app.use("/api/*", requireCaller);
app.use("/metrics", brakeCalls, requireCaller);

app.use("/api/*", limitBody);
app.use("/avatar", limitBody);

app.get("/api/rooms/:room/ws", refusePlainRequest);
app.route("/api/rooms", rooms);
app.route("/api/rooms", members);
app.route("/api/users", users);
app.route("/api/tokens/revocations", revocations);
app.get("/metrics", metrics);
app.route("/", avatars);
app.route("/", seeds);
app.get("/r/:room", serveRoomPage);

app.notFound(answerNotFound);
app.onError(answerError);

export default app;
