import { type HostileOp, signJwt } from '../test/support/hostile-op.ts'
import { freePort } from '../test/support/ports.ts'
import { type GatewayProcess, newPlace, startProcess } from '../test/support/process.ts'
import { signInMany, startBenchOp } from './sign-ins.ts'
import { startUpstream } from './subjects.ts'

/** Gateways on one store whose API takes sessions, tokens and keys alike. */
export interface CredentialSite {
  readonly op: HostileOp
  /** What browsers and programs call it, whichever gateway answers. */
  readonly url: string
  readonly gateways: readonly {
    readonly process: GatewayProcess
    readonly url: string
    readonly pid: number
  }[]
  /** The Cookie header of somebody who has signed in at the first. */
  signIn(): Promise<string>
  /** An access token that nobody has seen before. */
  token(): string
  /** Makes a key at the first gateway; the whole of it. */
  key(user: string): Promise<string>
  close(): Promise<void>
}

const claims = {
  organization_id: 'acme',
  groups: ['staff', 'admins'],
  email: 'somebody@acme.example',
  email_verified: true,
}
const adminToken = 'an-admin-token-of-thirty-two-bytes-and-more'

export interface CredentialSetup {
  readonly count: number
  /** The address of Redis; null: the file of the first. */
  readonly redis: string | null
  /** The value of `limits` at the API. */
  readonly limits: string
}

export async function startCredentialSite(setup: CredentialSetup): Promise<CredentialSite> {
  const [upstream, op] = await Promise.all([startUpstream(), startBenchOp()])
  const admin = await freePort()
  const places = await Promise.all(Array.from({ length: setup.count }, () => newPlace()))
  const [first] = places
  if (first === undefined) throw new Error('no place')
  const gateways: { process: GatewayProcess; url: string; pid: number }[] = []
  for (const [index, place] of places.entries()) {
    const store = setup.redis === null ? 'sqlite' : `{ redis: { url: "${setup.redis}" } }`
    place.write(`
data: ${JSON.stringify(setup.redis === null ? first.data : place.data)}
admin: ${index === 0 ? `{ address: "127.0.0.1:${admin}", token: ${adminToken} }` : 'false'}
log: { subject_key: a-key-of-the-log-of-thirty-two-bytes-or-more }
session: { secret: a-session-secret-of-thirty-two-bytes-or-more, store: ${store} }
api_keys: { secret: a-secret-of-keys-of-thirty-two-bytes-or-more, store: ${store} }
providers:
  op:
    issuer: "${op.issuer}"
    client_id: gateway
    client_secret: a-client-secret-of-thirty-two-bytes-or-more
    bearer: { audiences: ["https://api.example"] }
apps:
  bench:
    url: http://localhost:${first.port}
    upstream: http://127.0.0.1:${upstream.port}
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    credentials: [session, bearer, api_key]
    limits: ${setup.limits}
    require: { provider: [op, api_keys], organization_id: acme, groups: [admins, ops], email: { domain: acme.example } }
`)
    const process = await startProcess(place)
    gateways.push({ process, url: `http://127.0.0.1:${place.port}`, pid: process.pid })
  }
  let tokens = 0
  return {
    op,
    url: `http://localhost:${first.port}`,
    gateways,
    signIn: async () => (await signInMany(first.port, op, 1))[0] ?? '',
    token: () => {
      tokens += 1
      const [signing] = op.keys
      if (signing === undefined) throw new Error('the provider has no key')
      const now = Math.floor(Date.now() / 1000)
      const said = { iss: op.issuer, aud: 'https://api.example', iat: now, exp: now + 3600 }
      const payload = { ...said, ...claims, sub: 'somebody', client_id: 'mobile', jti: `token-${tokens}` }
      return signJwt({ alg: 'RS256', typ: 'at+jwt', kid: signing.kid }, payload, signing.privateKey)
    },
    key: async (user) => {
      const answer = await fetch(`http://127.0.0.1:${admin}/keys`, {
        method: 'POST',
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'bench', user, claims, expires: '30d' }),
      })
      const made: { api_key?: unknown } = (await answer.json()) as object
      if (typeof made.api_key !== 'string') throw new Error(`no key was made: ${answer.status}`)
      return made.api_key
    },
    close: async () => {
      for (const { process } of gateways) await process.stop()
      await Promise.all([upstream.stop(), op.close()])
      for (const place of places) place.remove()
    },
  }
}
