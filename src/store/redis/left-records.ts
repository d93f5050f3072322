import { limits } from '../../core/limits/table.ts'
import type { CommandRecordStore } from '../../core/ports.ts'
import type { Parts } from './parts.ts'
import { textOrNothing, textsOf } from './reply.ts'

/** What commands did, left for the log of whichever gateway takes it first. They name people, so they are sealed. */
export function createCommandRecords({ servers, keys, context }: Parts): CommandRecordStore {
  const { seal } = context
  const { commands } = keys
  return {
    async leave(records) {
      const [first, ...more] = records.map((record) => seal.seal('command', commands, record))
      if (first === undefined) return
      await servers.send(commands, [
        ['RPUSH', commands, first, ...more],
        ['LTRIM', commands, String(-limits.commandRecords), '-1'],
      ])
    },
    async take() {
      const [taken] = await servers.send(commands, [['LPOP', commands, String(limits.takenCommandRecords)]])
      return textsOf(taken).map((sealed) => {
        const opened = seal.open('command', commands, sealed)
        // One that does not open was not left by us: it is taken, and counts as one that cannot be read.
        return opened.ok ? opened.text : ''
      })
    },
  }
}

/** What served last: puts the next one there and says which it was. Rejects with a Failure. */
export async function replaceServed(
  { servers, keys, context }: Parts,
  record: string,
): Promise<string | null> {
  const { seal } = context
  const { served } = keys
  const [last] = await servers.send(served, [['SET', served, seal.seal('served', served, record), 'GET']])
  const sealed = textOrNothing(last)
  const opened = sealed === null ? null : seal.open('served', served, sealed)
  return opened?.ok === true ? opened.text : null
}
