// Signed userinfo: what it must say of whom it is from and for, and where it may leave that out (OpenID Connect Core 5.3.2).
import t from 'tap'
import { type Fields, firstKey, newKey, signJwt } from '../support/hostile-op.ts'
import { createAuthority } from '../support/tls.ts'
import { faultOf, type RigOptions, startRig } from './fixtures.ts'

const authority = createAuthority()
const tls = authority.issue({ names: ['IP:127.0.0.1'] })
const overTls: RigOptions = { tls, settings: () => ({ ca: authority.certificate }) }

/** What becomes of a sign-in whose userinfo is this, signed; null: it succeeds. */
async function outcome(options: RigOptions, change: Fields, key = firstKey()): Promise<string | null> {
  const rig = await startRig(t, options)
  rig.op.bends.answer = {
    userinfo: (_request, response) => {
      const claims = { iss: rig.op.issuer, aud: 'gateway', sub: 'alice', ...change }
      response.writeHead(200, { 'content-type': 'application/jwt' })
      response.end(signJwt({ alg: 'RS256', kid: 'k1' }, claims, key.privateKey))
    },
  }
  const signedIn = rig.signIn()
  const user = await signedIn.then((identity) => identity.user).catch(() => null)
  return user === 'alice' ? null : (await faultOf(signedIn)).message
}

t.test('over TLS signed userinfo may leave out iss and aud', async (t) => {
  t.equal(await outcome(overTls, {}), null)
  t.equal(await outcome(overTls, { iss: undefined }), null)
  t.equal(await outcome(overTls, { aud: undefined }), null)
  t.equal(await outcome(overTls, { iss: undefined, aud: undefined }), null)
})

t.test('S-141: what it says must be right all the same', async (t) => {
  const rows: readonly [Fields, RegExp][] = [
    [{ iss: 'https://other.example', aud: undefined }, /iss is "https:\/\/other.example"/],
    [{ iss: null }, /iss is null/],
    [{ iss: undefined, aud: 'other' }, /aud is "other"/],
    [{ iss: undefined, aud: null }, /aud is null/],
    [{ iss: undefined, aud: [] }, /aud is \[\]/],
    [{ iss: undefined, aud: undefined, sub: 'adam' }, /sub is not that/],
    [{ iss: undefined, aud: undefined, sub: undefined }, /sub is not that/],
  ]
  for (const [change, says] of rows) t.match(await outcome(overTls, change), says)
  t.match(await outcome(overTls, { iss: undefined, aud: undefined }, newKey('k1', 'RS256')), /signature/)
})

t.test('S-141: without TLS it says both', async (t) => {
  t.equal(await outcome({}, {}), null)
  t.match(await outcome({}, { iss: undefined }), /iss is missing/)
  t.match(await outcome({}, { aud: undefined }), /aud is missing/)
})
