// What comes out, or what is thrown instead: so that an assertion says what is wrong, and not a stack.

export function orThrown<T>(call: () => T): T | unknown {
  try {
    return call()
  } catch (thrown) {
    return thrown
  }
}

export async function orRejected<T>(call: () => Promise<T>): Promise<T | unknown> {
  try {
    return await call()
  } catch (thrown) {
    return thrown
  }
}
