import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { TestMember } from "../support/test-member";

/**
 * The original's clients, in all that does not need a real network. Rooms are appIds and therefore shared
 * by these tests: each uses names of its own.
 */

const ok = (seq: string, cmd: string, data: unknown = null) => ({
  seq,
  cmd,
  response: { code: 200, codeMsg: "Success", data },
});

test("login, heartbeat and ping are answered to the letter", async () => {
  using client = await TestMember.open("/acc");
  client.send('{"seq":"1","cmd":"login","data":{"userId":"马远","appId":101}}');
  client.send('{"seq":"2","cmd":"heartbeat","data":{}}');
  client.send('{"seq":"3","cmd":"heartbeat"}');
  client.send('{"seq":"4","cmd":"ping","data":{}}');
  await client.answerTo('{"seq":"5","cmd":"ping"}', "5");
  expect(client.frames.slice(0, 4)).toEqual([
    '{"seq":"1","cmd":"login","response":{"code":200,"codeMsg":"Success","data":null}}',
    '{"seq":"2","cmd":"heartbeat","response":{"code":200,"codeMsg":"Success","data":null}}',
    '{"seq":"3","cmd":"heartbeat","response":{"code":200,"codeMsg":"Success","data":null}}',
    '{"seq":"4","cmd":"ping","response":{"code":200,"codeMsg":"Success","data":"pong"}}',
  ]);
});

test.each([
  {
    what: "before the login, a heartbeat",
    frame: '{"seq":"x","cmd":"heartbeat","data":{}}',
    code: 1000,
    text: "未登录",
  },
  {
    what: "a heartbeat with wrong data",
    frame: '{"seq":"x","cmd":"heartbeat","data":[]}',
    code: 1001,
    text: "参数不合法",
  },
  { what: "a numeric userId", frame: login({ userId: 7, appId: 101 }), code: 1001, text: "参数不合法" },
  { what: "an appId in quotes", frame: login({ userId: "a", appId: "101" }), code: 1001, text: "参数不合法" },
  {
    what: "a login with an array",
    frame: '{"seq":"x","cmd":"login","data":[]}',
    code: 1001,
    text: "参数不合法",
  },
  { what: "an empty userId", frame: login({ userId: "", appId: 101 }), code: 1002, text: "非法的用户Id" },
  { what: "no data at all", frame: '{"seq":"x","cmd":"login"}', code: 1002, text: "非法的用户Id" },
  {
    what: "seven Chinese characters",
    frame: login({ userId: "一二三四五六七", appId: 101 }),
    code: 1002,
    text: "非法的用户Id",
  },
  {
    what: "20 bytes",
    frame: login({ userId: "x".repeat(20), appId: 101 }),
    code: 1002,
    text: "非法的用户Id",
  },
  { what: "an unknown appId", frame: login({ userId: "a", appId: 999 }), code: 1003, text: "未授权" },
  { what: "no appId", frame: login({ userId: "a" }), code: 1003, text: "未授权" },
  { what: "an unknown cmd", frame: '{"seq":"x","cmd":"nosuch","data":{}}', code: 1010, text: "路由不存在" },
  {
    what: "a command of ours",
    frame: '{"seq":"x","cmd":"publish","data":{"msg":"a"}}',
    code: 1010,
    text: "路由不存在",
  },
])("$what is answered $code $text", async ({ frame, code, text }) => {
  using client = await TestMember.open("/acc");
  await client.answerTo(frame, "x");
  expect(client.frames).toEqual([
    expect.stringContaining(`"response":{"code":${code},"codeMsg":"${text}","data":null}`),
  ]);
  await client.answerTo('{"seq":"y","cmd":"ping"}', "y");
});

test("names in frames match in any letter case, and the last spelling wins", async () => {
  using client = await TestMember.open("/acc");
  const frame = '{"SEQ":"x","Cmd":"login","DATA":{"userid":"first","USERID":"cased","appID":102}}';
  expect(await client.answerTo(frame, "x")).toMatchObject({ code: 200 });
  expect(await json("/user/online?appId=102&userId=cased")).toMatchObject({ data: { online: true } });
});

test("19 bytes are a userId, and 1009 is a second login", async () => {
  using client = await TestMember.open("/acc");
  expect(await client.answerTo(login({ userId: "y".repeat(19), appId: 101 }), "x")).toMatchObject({
    code: 200,
  });
  client.send(login({ userId: "z", appId: 102 }, "z"));
  await client.answerTo('{"seq":"p","cmd":"ping"}', "p");
  expect(client.frames).toContain(
    '{"seq":"z","cmd":"login","response":{"code":1009,"codeMsg":"操作失败","data":null}}',
  );
});

test("a refused login may be tried again, in another appId", async () => {
  using client = await TestMember.open("/acc");
  expect(await client.answerTo(login({ userId: "", appId: 103 }, "1"), "1")).toMatchObject({ code: 1002 });
  expect(await client.answerTo(login({ userId: "again", appId: 104 }, "2"), "2")).toMatchObject({
    code: 200,
  });
  expect(await json("/user/list?appId=104")).toMatchObject({
    data: { userList: expect.arrayContaining(["again"]) },
  });
  expect(await json("/user/list?appId=103")).toMatchObject({ data: { userCount: 0, userList: [] } });
});

test("enter, msg and exit reach the others of the appId, as the original wrote them", async () => {
  using watcher = await original("watcher", 103);
  using other = await original("elsewhere", 102);
  using li = await original("李白<b>", 103);
  await form("/user/sendMessageAll", {
    appId: "103",
    userId: "李白<b>",
    msgId: "all-1",
    message: "<大家好>",
  });
  li.close(1000);
  await frameWith(watcher, "exit");
  const pushed = watcher.frames.filter((frame) => frame.includes('"codeMsg":"Ok"'));
  expect(pushed[0]).toMatch(
    /^\{"seq":"\d{1,9}","cmd":"enter","response":\{"code":200,"codeMsg":"Ok","data":\{"target":"","type":"text","msg":"哈喽~","from":"李白\\u003cb\\u003e"\}\}\}$/,
  );
  expect(pushed[1]).toBe(
    '{"seq":"all-1","cmd":"msg","response":{"code":200,"codeMsg":"Ok","data":{"target":"","type":"text","msg":"\\u003c大家好\\u003e","from":"李白\\u003cb\\u003e"}}}',
  );
  expect(pushed[2]).toMatch(/^\{"seq":"\d{1,9}","cmd":"exit",.*"msg":"用户已经离开~"/);
  expect(li.frames.some((frame) => frame.includes("大家好"))).toBe(false);
  await other.answerTo('{"seq":"p","cmd":"ping"}', "p");
  expect(other.frames.some((frame) => frame.includes("李白"))).toBe(false);
});

test("a message to all is a publication: native members get it with its offset", async () => {
  using native = await TestMember.join("104", "native", { name: "Native" });
  using old = await original("old", 104);
  await form("/user/sendMessageAll", { appId: "104", userId: "someone", msgId: "mixed", message: "to both" });
  expect(await native.event("msg", ({ msgId }) => msgId === "mixed")).toMatchObject({
    from: "someone",
    msg: "to both",
    offset: expect.any(Number),
  });
  const { offset } = await native.publish("from native");
  expect(offset).toBeGreaterThan(1);
  await frameWith(old, "from native");
});

test("a message to one user is from its receiver, has no offset, and reaches nobody else", async () => {
  using li = await original("receiver", 101);
  using other = await original("bystander", 101);
  const before = await logLength("101");
  expect(
    await form("/user/sendMessage", { appId: "101", userId: "receiver", msgId: "one-1", message: "你好" }),
  ).toEqual({
    code: 200,
    msg: "Success",
    data: { sendResults: true },
  });
  await frameWith(li, "你好");
  expect(li.frames.at(-1)).toBe(
    '{"seq":"one-1","cmd":"msg","response":{"code":200,"codeMsg":"Ok","data":{"target":"","type":"text","msg":"你好","from":"receiver"}}}',
  );
  await other.answerTo('{"seq":"p","cmd":"ping"}', "p");
  expect(other.frames.some((frame) => frame.includes("你好"))).toBe(false);
  expect(await logLength("101")).toBe(before);
});

test("a repeated msgId is answered {}, for both routes; one that was not sent may be tried again", async () => {
  const message = { appId: "102", userId: "latecomer", msgId: "try", message: "hello" };
  expect(await form("/user/sendMessage", message)).toMatchObject({ code: 200, data: { sendResults: false } });
  using _client = await original("latecomer", 102);
  expect(await form("/user/sendMessage", message)).toMatchObject({ data: { sendResults: true } });
  expect(await form("/user/sendMessage", message)).toEqual({ code: 200, msg: "Success", data: {} });
  expect(await form("/user/sendMessageAll", message)).toEqual({ code: 200, msg: "Success", data: {} });
  const all = { ...message, msgId: "try-all" };
  expect(await form("/user/sendMessageAll", all)).toMatchObject({ data: { sendResults: true } });
  expect(await form("/user/sendMessageAll", all)).toEqual({ code: 200, msg: "Success", data: {} });
});

test("without a msgId nothing is a repeat", async () => {
  const message = { appId: "102", userId: "anybody", message: "again and again" };
  expect(await form("/user/sendMessageAll", message)).toMatchObject({ data: { sendResults: true } });
  expect(await form("/user/sendMessageAll", message)).toMatchObject({ data: { sendResults: true } });
});

test("JSON bodies, multipart bodies and both spellings are understood", async () => {
  using watcher = await original("speller", 101);
  const bodies: { body: BodyInit; type?: string }[] = [
    {
      body: JSON.stringify({ appID: 101, userID: "s", msgID: "sp-1", message: "one" }),
      type: "application/json",
    },
    { body: new URLSearchParams({ appID: "101", userID: "s", msgID: "sp-2", message: "two" }) },
    { body: multipart({ appId: "101", userId: "s", msgId: "sp-3", message: "three" }) },
  ];
  for (const { body, type } of bodies) {
    const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
    const answer = await fetchPath("/user/sendMessageAll", { method: "POST", body, headers });
    expect(await answer.json()).toMatchObject({ code: 200, data: { sendResults: true } });
  }
  for (const text of ["one", "two", "three"]) await frameWith(watcher, text);
});

test.each([
  {
    what: "an unknown appId",
    body: { appId: "999", userId: "a", msgId: "r1", message: "x" },
    status: 401,
    code: 1003,
    field: "appId",
  },
  {
    what: "no appId",
    body: { userId: "a", msgId: "r2", message: "x" },
    status: 401,
    code: 1003,
    field: "appId",
  },
  {
    what: "no userId",
    body: { appId: "101", msgId: "r3", message: "x" },
    status: 400,
    code: 1002,
    field: "userId",
  },
  {
    what: "a long message",
    body: { appId: "101", userId: "a", msgId: "r4", message: "x".repeat(16_385) },
    status: 413,
    code: 1012,
    field: "msg",
  },
])("$what is refused with $code, and its msgId is not marked", async ({ body, status, code, field }) => {
  for (const _try of [1, 2]) {
    const answer = await fetchPath("/user/sendMessageAll", {
      method: "POST",
      body: new URLSearchParams(body as Record<string, string>),
    });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code, msg: expect.any(String), data: { field } });
  }
});

test("the list is of one appId, or of all, and agrees with /user/online", async () => {
  using _one = await original("lister", 101);
  using _two = await original("lister2", 102);
  const list = async (query: string) =>
    (await json(`/user/list${query}`)).data as { userCount: number; userList: string[] };
  expect((await list("?appId=101")).userList).toContain("lister");
  expect((await list("?appID=102")).userList).toEqual(expect.arrayContaining(["lister2"]));
  expect((await list("?appID=102")).userList).not.toContain("lister");
  expect((await list("")).userList).toEqual(expect.arrayContaining(["lister", "lister2"]));
  expect(await list("?appId=999")).toEqual({ userCount: 0, userList: [] });
  expect(await json("/user/online?appId=101&userId=lister")).toEqual({
    code: 200,
    msg: "Success",
    data: { online: true, userId: "lister" },
  });
  expect(await json("/user/online?appId=102&userId=lister")).toMatchObject({ data: { online: false } });
  expect(await json("/user/online?userID=lister")).toMatchObject({ data: { online: true } });
  expect(await json("/user/online?appId=999&userId=lister")).toMatchObject({ data: { online: false } });
});

test("the state counts connections and users; debugging shows ids, not addresses", async () => {
  using _client = await original("counted", 104);
  using _visitor = await TestMember.open("/acc?appId=104");
  const { data } = await json("/system/state");
  expect(data).toMatchObject({
    managerInfo: {
      chanBroadcastLen: 0,
      chanLoginLen: 0,
      chanRegisterLen: 0,
      chanUnregisterLen: 0,
      clientsLen: expect.any(Number),
      usersLen: expect.any(Number),
    },
    numCPU: 1,
    numGoroutine: 0,
  });
  expect(data).not.toHaveProperty("clients");
  const debug = (await json("/system/state?isDebug=true")).data as {
    clients: string[];
    users: string[];
    managerInfo: { clientsLen: number; usersLen: number };
  };
  expect(debug.users).toContain("104_counted");
  expect(debug.clients).toHaveLength(debug.managerInfo.clientsLen);
  expect(debug.users).toHaveLength(debug.managerInfo.usersLen);
  for (const client of debug.clients) expect(client).toMatch(/^c-[0-9a-f-]+$/);
});

test("any origin may ask, without credentials", async () => {
  const answer = await fetchPath("/user/list?appId=101", { headers: { origin: "https://elsewhere.test" } });
  expect(answer.headers.get("access-control-allow-origin")).toBe("*");
  expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
  expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
  await answer.text();
  const preflight = await fetchPath("/user/sendMessageAll", {
    method: "OPTIONS",
    headers: { origin: "https://elsewhere.test", "access-control-request-method": "POST" },
  });
  expect(preflight.status).toBe(204);
});

test("/acc without an upgrade is refused as the original does", async () => {
  const answer = await fetchPath("/acc", {});
  expect(answer.status).toBe(400);
  expect(await answer.text()).toBe("Bad Request\n404 page not found\n");
});

test("an appId in the address leads straight to its room; another one in the login is refused", async () => {
  using client = await TestMember.open("/acc?appID=102");
  expect(await client.answerTo(login({ userId: "straight", appId: 101 }, "1"), "1")).toMatchObject({
    code: 1003,
  });
  expect(await client.answerTo(login({ userId: "straight", appId: 102 }, "2"), "2")).toMatchObject({
    code: 200,
  });
});

test("the bridge gives a flood before the login its end", async () => {
  using client = await TestMember.open("/acc");
  for (let count = 0; count < 400; count += 1) client.send(`{"seq":"${count}","cmd":"nosuch"}`);
  expect(await client.ended()).toMatchObject({ code: 4504 });
});

async function original(userId: string, appId: number): Promise<TestMember> {
  const client = await TestMember.open("/acc");
  const answer = await client.answerTo(login({ userId, appId }, "login"), "login");
  expect(answer).toEqual(ok("login", "login").response);
  return client;
}

function login(data: Record<string, unknown>, seq = "x"): string {
  return JSON.stringify({ seq, cmd: "login", data });
}

/** Waits for a frame with this text. */
async function frameWith(client: TestMember, text: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (client.frames.some((frame) => frame.includes(text))) return;
    const seq = `probe ${tries} ${text.length}`;
    await client.answerTo(JSON.stringify({ seq, cmd: "ping" }), seq);
  }
  throw new Error(`${text} did not come: ${client.frames.join(" | ")}`);
}

async function logLength(appId: string): Promise<number> {
  const answer = await fetchPath(`/api/rooms/${appId}/messages`, {
    headers: { authorization: "Bearer rck_test_all" },
  });
  return ((await answer.json()) as { position: { offset: number } }).position.offset;
}

async function form(path: string, fields: Record<string, string>): Promise<unknown> {
  return (await fetchPath(path, { method: "POST", body: new URLSearchParams(fields) })).json();
}

function multipart(fields: Record<string, string>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  return data;
}

async function json(path: string): Promise<{ code: number; msg: string; data: Record<string, unknown> }> {
  return (await fetchPath(path, {})).json();
}

function fetchPath(path: string, init: RequestInit): Promise<Response> {
  return exports.default.fetch(new Request(`https://roomcast.test${path}`, init));
}
