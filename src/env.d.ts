/**
 * What wrangler binds. Every variable is optional; `durable/settings.ts` has the defaults and the
 * meaning of each. Types of objects cross folders only here, so that no folder imports its neighbour.
 */
declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import("./index");
  }
  interface Env extends Partial<Record<import("./durable/settings").VariableName, string>> {
    readonly ROOM: DurableObjectNamespace<import("./room/room").Room>;
    readonly KEYS: DurableObjectNamespace<import("./keys/keys").Keys>;
    readonly ASSETS: Fetcher;
  }
}
interface Env extends Cloudflare.Env {}
