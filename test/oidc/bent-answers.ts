import type { ServerResponse } from 'node:http'
import type { Test } from 'tap'
import type { FaultCode } from '../../src/core/fault.ts'
import type { Bends } from '../support/hostile-op.ts'
import { faultOf, type RigOptions, secret, startRig } from './fixtures.ts'

/** What a sign-in comes to at a provider that is bent in one way. */
export interface Row {
  readonly name: string
  readonly bends: Bends
  /** Null: it is accepted. */
  readonly code: FaultCode | null
  readonly says?: RegExp
  readonly options?: RigOptions
}

/** Each by itself: the code is sent once, whatever comes, and no credential is in a message. */
export async function each(t: Test, rows: readonly Row[]): Promise<void> {
  for (const row of rows) {
    await t.test(row.name, async (t) => {
      const rig = await startRig(t, { bends: row.bends, limits: { timeoutMs: 30_000 }, ...row.options })
      if (row.code === null) return void t.equal((await rig.signIn()).user, 'alice')
      const fault = await faultOf(rig.signIn())
      t.equal(fault.code, row.code, fault.message)
      if (row.says !== undefined) t.match(fault.message, row.says)
      for (const credential of [secret, 'access-token-of-alice', 'code-1'])
        t.notOk(fault.message.includes(credential), `${credential} is not in the message`)
      t.equal(rig.op.counts.token, 1, 'the code was sent once')
    })
  }
}

/** An answer that never ends. */
export function drip(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  const timer = setInterval(() => response.write(' '), 20)
  response.on('close', () => clearInterval(timer))
}
