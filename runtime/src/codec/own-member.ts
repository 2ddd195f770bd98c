/**
 * Sets a member of an ordinary object, whatever its name: assigning to `__proto__` would change the prototype instead.
 */
export function setMember(object: { [name: string]: unknown }, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[name] = value;
  }
}
