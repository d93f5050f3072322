/** Freezes objects, lists, maps and sets, and all that they hold. Answers the same value. */
export function deepFreeze<Value>(value: Value): Value {
  freeze(value, new Set())
  return value
}

function freeze(value: unknown, seen: Set<object>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)
  if (value instanceof Map) {
    for (const [key, member] of value) {
      freeze(key, seen)
      freeze(member, seen)
    }
    refuseChanges(value, ['set', 'delete', 'clear'])
  } else if (value instanceof Set) {
    for (const member of value) freeze(member, seen)
    refuseChanges(value, ['add', 'delete', 'clear'])
  } else {
    for (const member of Object.values(value)) freeze(member, seen)
    Object.freeze(value)
  }
}

/** `Object.freeze` does not reach what a map or set holds: its own methods are put out of use. */
function refuseChanges(collection: object, methods: readonly string[]): void {
  if (Object.isFrozen(collection)) return
  for (const method of methods) {
    Object.defineProperty(collection, method, {
      value: () => {
        throw new TypeError('the configuration is frozen')
      },
    })
  }
  Object.freeze(collection)
}
