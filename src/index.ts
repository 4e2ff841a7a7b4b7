/**
 * What wrangler deploys: the Worker and the classes of its objects.
 */
export { Keys } from "./keys/keys";
export { Room } from "./room/room";
export { default } from "./worker/app";
