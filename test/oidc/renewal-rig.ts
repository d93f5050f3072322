// A session of a provider that can be asked again.
import type { Test } from 'tap'
import type { Renewal } from '../../src/core/ports.ts'
import type { Session } from '../../src/core/session/session.ts'
import type { Fields } from '../support/hostile-op.ts'
import { type Rig, type RigOptions, sessionOf, startRig } from './fixtures.ts'

export interface Signed extends Rig {
  readonly session: Session
  /** By default somebody is judged by the user id alone. */
  renew(used?: readonly string[], session?: Session): Promise<Renewal>
}

/** Somebody who is signed in, with a refresh token unless the options say other. */
export async function signedIn(
  t: Test,
  options: RigOptions & { readonly refresh?: boolean } = {},
): Promise<Signed> {
  const rig = await startRig(t, { limits: { timeoutMs: 30_000 }, ...options })
  rig.op.refreshTokens.issues = options.refresh ?? true
  const session = sessionOf(rig.settings, await rig.signIn())
  rig.op.tokenRequests.length = 0
  const renew = (used: readonly string[] = ['sub'], of = session) =>
    rig.provider.renew(of, rig.clock.now(), used)
  return { ...rig, session, renew }
}

/** Fails the test when it is another kind. */
export async function identityOf(renewal: Promise<Renewal>) {
  const came = await renewal
  if (came.kind === 'renewed') return came.identity
  throw new Error(`${came.kind}: ${came.message}`)
}

export const claims = (change: Fields) => ({
  refresh: { claims: (proper: Fields) => ({ ...proper, ...change }) },
})
