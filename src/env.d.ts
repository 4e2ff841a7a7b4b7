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
    readonly DIRECTORY: DurableObjectNamespace<import("./directory/directory").Directory>;
    readonly USER: DurableObjectNamespace<import("./user/user").User>;
    readonly ASSETS: Fetcher;
    /** Where bound: brakes for each address, before anything is done for it. */
    readonly UPGRADE_BRAKE?: RateLimit;
    readonly SESSION_BRAKE?: RateLimit;
    readonly API_BRAKE?: RateLimit;
  }
}
interface Env extends Cloudflare.Env {}
