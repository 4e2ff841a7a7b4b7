/**
 * The one way to an object: by name, within the configured jurisdiction.
 *
 * A jurisdiction is part of an object's identity. A second way that forgot it would silently reach
 * another, empty object.
 */
export function objectNamed<T extends Rpc.DurableObjectBranded>(
  namespace: DurableObjectNamespace<T>,
  name: string,
  jurisdiction: string,
): DurableObjectStub<T> {
  const where =
    jurisdiction === "" ? namespace : namespace.jurisdiction(jurisdiction as DurableObjectJurisdiction);
  return where.getByName(name);
}
