/**
 * Clients and backends of the original Go chat server, unchanged, against ours: bare `/acc`, its frames
 * to the letter, its HTTP routes value by value.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { SocketClient } from "../support/socket-client.ts";

const GRACE_MS = 300;
const FORM = { "content-type": "application/x-www-form-urlencoded" };
const JSON_TYPE = { "content-type": "application/json" };

let server: RunningServer;
let rooms = 0;
beforeAll(async () => {
  // A pair of appIds for each test, so that none hears another's.
  const appIds = Array.from({ length: 40 }, (_, n) => 101 + n).join(",");
  server = await startServer({ vars: { LEAVE_GRACE_MS: String(GRACE_MS), APP_IDS: appIds } });
});
afterAll(() => server?.stop());

describe("frames of the original", () => {
  test("login, heartbeat and ping are answered to the letter", async () => {
    const [appId] = appIds();
    using client = await SocketClient.connect(server.origin, "/acc");
    await exchange(
      client,
      '{"seq":"2324","cmd":"heartbeat","data":{}}',
      refusal("2324", "heartbeat", 1000, "未登录"),
    );
    await exchange(
      client,
      `{"seq":"1565336219141-266129","cmd":"login","data":{"userId":"马远","appId":${appId}}}`,
      success("1565336219141-266129", "login"),
    );
    await exchange(client, '{"seq":"2324","cmd":"heartbeat","data":{}}', success("2324", "heartbeat"));
    await exchange(client, '{"seq":"2325","cmd":"heartbeat"}', success("2325", "heartbeat"));
    await exchange(client, '{"seq":"p1","cmd":"ping","data":{}}', success("p1", "ping", '"pong"'));
    await exchange(
      client,
      `{"seq":"l2","cmd":"login","data":{"userId":"李白","appId":${appId}}}`,
      refusal("l2", "login", 1009, "操作失败"),
    );
  });

  test.each([
    [
      "an unknown command",
      '{"seq":"x","cmd":"nosuch","data":{}}',
      refusal("x", "nosuch", 1010, "路由不存在"),
    ],
    ["no command", '{"seq":"x"}', refusal("x", "", 1010, "路由不存在")],
    ["null", "null", refusal("", "", 1010, "路由不存在")],
    ["data of a wrong type", login("1", "[]"), refusal("1", "login", 1001, "参数不合法")],
    [
      "a number for a name",
      login("2", '{"userId":7,"appId":101}'),
      refusal("2", "login", 1001, "参数不合法"),
    ],
    ["an empty name", login("3", '{"userId":"","appId":101}'), refusal("3", "login", 1002, "非法的用户Id")],
    ["an unknown appId", login("4", '{"userId":"a","appId":999}'), refusal("4", "login", 1003, "未授权")],
    ["no appId", login("5", '{"userId":"a"}'), refusal("5", "login", 1003, "未授权")],
    ["what is not JSON", "not json", refusal("", "", 1001, "参数不合法")],
    ["an array", "[]", refusal("", "", 1001, "参数不合法")],
    ["a number for seq", '{"seq":7,"cmd":"ping"}', refusal("", "", 1001, "参数不合法")],
  ])("%s is refused, and the connection stays", async (_, frame, answer) => {
    using client = await SocketClient.connect(server.origin, "/acc");
    await exchange(client, frame, answer);
    await exchange(client, '{"seq":"p","cmd":"ping"}', success("p", "ping", '"pong"'));
  });

  test("names in frames match in any letter case", async () => {
    const [appId] = appIds();
    using client = await SocketClient.connect(server.origin, "/acc");
    await exchange(
      client,
      `{"SEQ":"1","Cmd":"login","DATA":{"userID":"a","appID":${appId}}}`,
      success("1", "login"),
    );
  });

  test("enter and exit reach the others of the same appId, and nobody else", async () => {
    const [here, there] = appIds();
    using mayuan = await logIn(here, "马远");
    using elsewhere = await logIn(there, "马远");
    using libai = await logIn(here, "李白");
    expect(await mayuan.next()).toMatch(pushed("\\d{1,9}", "enter", "哈喽~", "李白"));

    await libai.close();
    expect(await mayuan.next()).toMatch(pushed("\\d{1,9}", "exit", "用户已经离开~", "李白"));

    const again = await logIn(here, "李白");
    await mayuan.next();
    const cutAt = performance.now();
    again.cut();
    expect(await mayuan.next()).toMatch(pushed("\\d{1,9}", "exit", "用户已经离开~", "李白"));
    expect(performance.now() - cutAt).toBeGreaterThan(GRACE_MS * 0.9);

    await exchange(elsewhere, '{"seq":"p","cmd":"ping"}', success("p", "ping", '"pong"'));
    expect(libai.unasked).toEqual([]);
  });
});

describe("routes of the original", () => {
  test("/user/list and /user/online say who is there", async () => {
    const [here, there] = appIds();
    using _mayuan = await logIn(here, "马远");
    using _libai = await logIn(here, "李白");
    using _other = await logIn(there, "c102");
    const list = await get(`/user/list?appId=${here}`);
    list.data.userList.sort();
    expect(list).toEqual({ code: 200, msg: "Success", data: { userCount: 2, userList: ["李白", "马远"] } });
    expect((await get(`/user/list?appID=${there}`)).data).toEqual({ userCount: 1, userList: ["c102"] });
    expect((await get("/user/list?appId=999")).data).toEqual({ userCount: 0, userList: [] });

    const online = (query: string) => get(`/user/online?${query}`).then(({ data }) => data);
    expect(await online(`appId=${here}&userId=马远`)).toEqual({ online: true, userId: "马远" });
    expect(await online(`appID=${here}&userID=马远`)).toEqual({ online: true, userId: "马远" });
    expect(await online(`appId=${there}&userId=马远`)).toEqual({ online: false, userId: "马远" });
    expect(await online("userId=c102")).toEqual({ online: true, userId: "c102" });
  });

  test.each([
    ["form", "appId", "userId", "msgId"],
    ["form", "appID", "userID", "msgID"],
    ["json", "appId", "userId", "msgId"],
    ["json", "appID", "userID", "msgID"],
  ])("/user/sendMessage reaches its receiver (%s, %s)", async (encoding, appId, userId, msgId) => {
    const [here] = appIds();
    using libai = await logIn(here, "李白");
    using mayuan = await logIn(here, "马远");
    await libai.next();
    const id = `one-${here}`;
    const fields = { [appId]: here, [userId]: "李白", [msgId]: id, message: "<b>你好</b> & more" };
    expect(await post("/user/sendMessage", fields, encoding)).toEqual(ok({ sendResults: true }));
    // The original has no sender here: the push is from its receiver, and Go escapes what is HTML.
    expect(await libai.next()).toMatch(
      pushed(id, "msg", "\\\\u003cb\\\\u003e你好\\\\u003c/b\\\\u003e \\\\u0026 more", "李白"),
    );
    expect(await post("/user/sendMessage", fields, encoding)).toEqual(ok({}));
    await exchange(mayuan, '{"seq":"p","cmd":"ping"}', success("p", "ping", '"pong"'));
  });

  test("/user/sendMessage says when its receiver is not there", async () => {
    const [here] = appIds();
    const fields = { appId: here, userId: "nobody", msgId: `off-${here}`, message: "hi" };
    expect(await post("/user/sendMessage", fields)).toEqual(ok({ sendResults: false }));
  });

  test.each(["form", "json"])("/user/sendMessageAll reaches all but its sender (%s)", async (encoding) => {
    const [here, there] = appIds();
    using mayuan = await logIn(here, "马远");
    using libai = await logIn(here, "李白");
    await mayuan.next();
    using elsewhere = await logIn(there, "c102");
    const id = `all-${here}`;
    const fields = { appId: here, userId: "马远", msgId: id, message: "大家好" };
    expect(await post("/user/sendMessageAll", fields, encoding)).toEqual(ok({ sendResults: true }));
    expect(await libai.next()).toMatch(pushed(id, "msg", "大家好", "马远"));
    expect(await post("/user/sendMessageAll", fields, encoding)).toEqual(ok({}));
    for (const silent of [mayuan, elsewhere, libai]) {
      await exchange(silent, '{"seq":"p","cmd":"ping"}', success("p", "ping", '"pong"'));
    }
  });

  test.each(["/user/sendMessage", "/user/sendMessageAll"])("%s refuses an unknown appId", async (path) => {
    const body = new URLSearchParams({ appId: "999", userId: "a", msgId: "m", message: "hi" });
    const response = await fetch(server.origin + path, { method: "POST", headers: FORM, body });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 1003, msg: "未授权" });
  });

  test("/system/state counts connections and users", async () => {
    const [here] = appIds();
    using _mayuan = await logIn(here, "马远");
    using _anonymous = await SocketClient.connect(server.origin, "/acc");
    // Users whom other tests have cut off are counted until their grace is over.
    const state = await vi.waitFor(async () => {
      const answer = await get("/system/state?isDebug=true");
      expect(answer.data.users).toEqual([`${here}_马远`]);
      return answer;
    });
    expect(state).toMatchObject(ok({ managerInfo: { clientsLen: 2, usersLen: 1 } }));
    expect((await get("/system/state")).data).not.toHaveProperty("users");
  });

  test("/home/index serves the page", async () => {
    const response = await fetch(`${server.origin}/home/index`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain("text/html");
  });
});

function appIds(): [number, number] {
  rooms += 2;
  return [99 + rooms, 100 + rooms];
}

async function logIn(appId: number, userId: string): Promise<SocketClient> {
  const client = await SocketClient.connect(server.origin, "/acc");
  await exchange(client, login("in", JSON.stringify({ userId, appId })), success("in", "login"));
  return client;
}

function login(seq: string, data: string): string {
  return `{"seq":"${seq}","cmd":"login","data":${data}}`;
}

/** Sends a frame and expects exactly this one next: nothing else has come before it. */
async function exchange(client: SocketClient, frame: string, answer: string): Promise<void> {
  client.send(frame);
  expect(await client.next()).toBe(answer);
}

function success(seq: string, cmd: string, data = "null"): string {
  return `{"seq":"${seq}","cmd":"${cmd}","response":{"code":200,"codeMsg":"Success","data":${data}}}`;
}

function refusal(seq: string, cmd: string, code: number, codeMsg: string): string {
  return `{"seq":"${seq}","cmd":"${cmd}","response":{"code":${code},"codeMsg":"${codeMsg}","data":null}}`;
}

function pushed(seq: string, cmd: string, msg: string, from: string): RegExp {
  const data = `{"target":"","type":"text","msg":"${msg}","from":"${from}"}`;
  return new RegExp(
    `^{"seq":"${seq}","cmd":"${cmd}","response":{"code":200,"codeMsg":"Ok","data":${data}}}$`,
  );
}

function ok(data: object): object {
  return { code: 200, msg: "Success", data };
}

// The shapes are what is tested.
// biome-ignore lint/suspicious/noExplicitAny: the original's answers have no type here
type Answer = { code: number; msg: string; data: any };

async function get(path: string): Promise<Answer> {
  const response = await fetch(server.origin + path);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")?.toLowerCase()).toBe("application/json; charset=utf-8");
  expect(response.headers.get("access-control-allow-origin")).toBe("*");
  return (await response.json()) as Answer;
}

async function post(path: string, fields: Record<string, unknown>, encoding = "form"): Promise<unknown> {
  const body =
    encoding === "json" ? JSON.stringify(fields) : new URLSearchParams(fields as Record<string, string>);
  const headers = encoding === "json" ? JSON_TYPE : FORM;
  const response = await fetch(server.origin + path, { method: "POST", headers, body });
  expect(response.status).toBe(200);
  return response.json();
}
