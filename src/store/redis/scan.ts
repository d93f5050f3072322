import type { Command } from './client.ts'
import { listOf, textOf, textsOf } from './reply.ts'

/** Keys that one step of a SCAN looks at: some milliseconds of the server's. */
const lookedAt = '1000'

/** SCAN to its end at one server. */
export async function* scanOne(
  send: (commands: readonly Command[]) => Promise<readonly unknown[]>,
  pattern: string,
): AsyncIterable<readonly string[]> {
  let cursor = '0'
  do {
    const [reply] = await send([['SCAN', cursor, 'MATCH', pattern, 'COUNT', lookedAt]])
    const [next, names] = listOf(reply)
    cursor = textOf(next) ?? '0'
    yield textsOf(names)
  } while (cursor !== '0')
}
