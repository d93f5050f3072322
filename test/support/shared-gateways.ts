// Some gateway processes on one store and one app, with sessions of made-up people that nobody had to sign in for.
import type { Session } from '../../src/core/session/session.ts'
import { loadFile } from './load.ts'
import { openMint, type Person } from './mint.ts'
import { type GatewayProcess, newPlace, type Place, startProcess } from './process.ts'
import { poll } from './waiting.ts'

export interface HeldSession {
  readonly user: string
  /** As a Cookie header carries it: name and value. */
  readonly cookie: string
  readonly session: Session
}

export interface SharedGateways {
  /** What every request says. */
  readonly host: string
  readonly places: readonly Place[]
  readonly processes: GatewayProcess[]
  /** Sessions in the store, written beside the gateways as a command writes. */
  mint(users: readonly string[]): Promise<readonly HeldSession[]>
  /** Ends one by its key, and every one of another person, as a sign-out and as `sessions revoke --user` do. */
  end(session: HeldSession): Promise<void>
  revoke(user: string): Promise<number>
  /** Until the store answers whoever mints and ends here. */
  storeAnswers(): Promise<void>
  /** A process in the place of one that has ended. */
  restart(index: number): Promise<void>
  close(): Promise<void>
}

export interface SharedSetup {
  /** The value of `session.store`, one for each gateway; they may name the same store by several addresses. */
  readonly stores: readonly string[]
  /** Beside the gateways: where what is minted and ended is written. */
  readonly store: string
  readonly upstream: string
  /** Lines at the top level. */
  readonly top?: string
}

export async function startSharedGateways(setup: SharedSetup): Promise<SharedGateways> {
  const { stores, store, upstream, top = '' } = setup
  const places = await Promise.all([store, ...stores].map(newPlace))
  const [own, ...served] = places
  if (own === undefined) throw new Error('no place')
  const host = `localhost:${own.port}`
  for (const [index, place] of places.entries())
    place.write(yaml(host, upstream, index === 0 ? store : (stores[index - 1] ?? ''), top))
  const mint = openMint(loadFile(own.file).gateway, host)
  const { runtime } = mint
  const processes = await Promise.all(served.map((place) => startProcess(place)))
  return {
    host,
    places: served,
    processes,
    mint: (users) =>
      Promise.all(users.map(async (user) => ({ user, ...(await mint.session(personCalled(user))) }))),
    end: async ({ session }) => void (await runtime.sessions.end(session)),
    revoke: async (user) => runtime.store.revoke({ by: 'user', user }),
    storeAnswers: async () => {
      const asked = async () => Promise.resolve(runtime.store.check()).then(() => 'it answers', String)
      await poll('the store', asked, (found) => found === 'it answers')
    },
    restart: async (index) => {
      const place = served[index]
      if (place !== undefined) processes[index] = await startProcess(place)
    },
    close: async () => {
      for (const one of processes) one.signal('SIGCONT')
      await Promise.all(processes.map((one) => one.stop()))
      await mint.close()
      for (const place of places) place.remove()
    },
  }
}

function yaml(host: string, upstream: string, store: string, top: string): string {
  return `
${top}
log: { subject_key: a-key-of-the-log-of-thirty-two-bytes-or-more }
session: { secret: a-session-secret-of-thirty-two-bytes-or-more, store: ${store}, allow_insecure_redis: true }
providers:
  op: { issuer: "http://localhost:9", client_id: gateway, client_secret: a-client-secret-of-thirty-two-bytes-or-more }
apps:
  wiki:
    url: http://${host}
    upstream: ${upstream}
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    require: { groups: staff }
`
}

function personCalled(user: string): Person {
  const claims = { sub: user, groups: ['staff', 'people'], email: `${user}@example.com`, name: `The ${user}` }
  return { user, claims, idToken: 'i'.repeat(900) }
}
