import type { Suite } from "./suite.ts";
import { compression } from "./suites/compression.ts";
import { crowds } from "./suites/crowds.ts";
import { flood } from "./suites/flood.ts";
import { growth } from "./suites/growth.ts";
import { idle } from "./suites/idle.ts";
import { openLoop } from "./suites/open-loop.ts";
import { stalled } from "./suites/stalled.ts";
import { storage } from "./suites/storage.ts";

/** In the order in which they run. */
export const SUITES: readonly Suite[] = [
  flood,
  compression,
  openLoop,
  idle,
  crowds,
  storage,
  stalled,
  growth,
];
