import { expect, test } from "vitest";
import { withDefaults } from "../../src/cli/dev-server.ts";

test("listens on loopback, port 8787, unless told otherwise", () => {
  const { args, address } = withDefaults([]);
  expect(address).toEqual({ ip: "127.0.0.1", port: 8787 });
  expect(args).toEqual(expect.arrayContaining(["--ip=127.0.0.1", "--port=8787"]));
});

test.each([[["--port", "9000"]], [["--port=9000"]]])("lets %j through once, and follows it", (given) => {
  const { args, address } = withDefaults(given);
  expect(address.port).toBe(9000);
  expect(args.filter((arg) => arg.startsWith("--port"))).toHaveLength(1);
});

test("hands other arguments on as they are", () => {
  const given = ["--persist-to", "data", "--var", "AUTH:guest", "--live-reload"];
  expect(withDefaults(given).args.slice(-given.length)).toEqual(given);
});
