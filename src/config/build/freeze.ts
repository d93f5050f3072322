import { runThrough, type Steps } from '../steps.ts'

/** Freezes objects, lists, maps and sets, and all that they hold. Answers the same value. */
export function deepFreeze<Value>(value: Value): Value {
  return runThrough(deepFreezeSteps(value))
}

const objectsAPiece = 200

/** The same in pieces. */
export function* deepFreezeSteps<Value>(value: Value): Steps<Value> {
  const seen = new Set<object>()
  const waiting: unknown[] = [value]
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (typeof next !== 'object' || next === null || seen.has(next)) continue
    seen.add(next)
    for (const member of freeze(next)) waiting.push(member)
    if (seen.size % objectsAPiece === 0) yield
  }
  return value
}

/** Freezes one object; what it holds comes back. */
function freeze(value: object): Iterable<unknown> {
  if (value instanceof Map) {
    const members = [...value].flat()
    refuseChanges(value, ['set', 'delete', 'clear'])
    return members
  }
  if (value instanceof Set) {
    const members = [...value]
    refuseChanges(value, ['add', 'delete', 'clear'])
    return members
  }
  Object.freeze(value)
  return Object.values(value)
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
