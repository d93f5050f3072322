import type { Awaitable } from '../core/ports.ts'

/** Goes on at once when the answer is there, later when it is promised. */
export function settle<T, U>(
  work: () => Awaitable<T>,
  done: (value: T) => Awaitable<U>,
  failed: (thrown: unknown) => Awaitable<U>,
): Awaitable<U> {
  let value: Awaitable<T>
  try {
    value = work()
  } catch (thrown) {
    return failed(thrown)
  }
  return value instanceof Promise ? value.then(done, failed) : done(value)
}
