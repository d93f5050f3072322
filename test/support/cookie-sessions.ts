import type { Test } from 'tap'
import type { Browser } from '../support/browser.ts'
import { createTestClock, type TestClock } from '../support/clock.ts'
import { type HostileFront, startHostileFront } from '../support/hostile-front.ts'

export const secret = 'a-session-secret-of-thirty-two-bytes-or-more'

export const groups = Array.from({ length: 90 }, (_, at) => `group-${at}-of-a-directory-with-long-names`)

export interface Rig {
  readonly front: HostileFront
  readonly clock: TestClock
  /** The names of the cookies: of the first piece, the second and the mark. */
  readonly names: readonly [string, string, string]
}

/** No data folder can be made here: nothing is written to disk. */
export const nowhere = '/dev/null/nowhere'

export async function start(t: Test, more: Parameters<typeof startHostileFront>[0] = {}): Promise<Rig> {
  // As that of the provider, which stands from its start: what it signs is not of tomorrow, however long tests take.
  const clock = createTestClock(Math.floor(Date.now() / 1000))
  const front = await startHostileFront({
    clock,
    folder: nowhere,
    top: `session: { store: cookie, secret: ${secret} }\nlog: { subject: plain }`,
    ...more,
  })
  t.teardown(() => front.close())
  const first = `claimgate-${front.gateway.port}`
  return { front, clock, names: [first, `${first}-p2`, `${first}-ended`] }
}

/** Somebody with so many groups that one cookie has no room for them. */
export async function largeSession({ front }: Rig): Promise<Browser> {
  front.op.bends = { userinfo: (claims) => ({ ...claims, groups }) }
  const browser = await front.signedIn()
  front.op.bends = {}
  return browser
}

export const jar = (browser: Browser): Map<string, string> => browser.cookies('localhost')

export const pairs = (cookies: Readonly<Record<string, string | undefined>>): string =>
  Object.entries(cookies)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ')
