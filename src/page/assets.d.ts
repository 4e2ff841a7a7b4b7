/** What Vite makes of imports that are not code. */

declare module "*.css";

declare module "*?url" {
  /** The address under which the build serves the file. */
  const address: string;
  export default address;
}
