/**
 * What wrangler deploys: the Worker and the classes of its objects.
 */
export { Directory } from "./directory/directory";
export { Keys } from "./keys/keys";
export { Room } from "./room/room";
export { User } from "./user/user";
export { default } from "./worker/app";
