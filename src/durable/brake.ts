/**
 * Asks a rate-limit binding of the platform. It counts approximately and in every location by itself, so
 * it is a brake at the door: what has to be exact is counted in the objects.
 */
export async function passes(brake: RateLimit | undefined, key: string): Promise<boolean> {
  // Without an address there is nothing to count by: one bucket for everybody would brake everybody.
  if (brake === undefined || key === "") return true;
  try {
    return (await brake.limit({ key })).success;
  } catch {
    // A door must not stay shut because its brake is out of order.
    return true;
  }
}
