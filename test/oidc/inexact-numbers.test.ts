// A number beyond 2^53-1 stays one that is known to be none: from each place where a provider's claims are read.
import t from 'tap'
import { isExactThroughout } from '../../src/core/json.ts'
import { firstKey, signJwt } from '../support/hostile-op.ts'
import { startRig } from './fixtures.ts'

const level = [1, { deep: 2 ** 53 }]

t.test('a number beyond 2^53-1 stays beyond it, in an ID token and in userinfo', async (t) => {
  const claims = (given: object) => ({ ...given, level, few: 7 })
  const signed = {
    userinfo: (_request: unknown, response: import('node:http').ServerResponse) => {
      response.writeHead(200, { 'content-type': 'application/jwt' })
      const said = { iss: rig.op.issuer, aud: 'gateway', sub: 'alice', level, few: 7 }
      response.end(signJwt({ alg: 'RS256', kid: 'k1' }, said, firstKey().privateKey))
    },
  }
  const rig = await startRig(t)
  for (const bends of [{ claims }, { userinfo: claims }, { answer: signed }]) {
    rig.op.bends = bends
    const identity = await rig.signIn()
    t.same(identity.claims.few, 7)
    t.equal(isExactThroughout(identity.claims.level ?? 0), false, Object.keys(bends).join())
  }
})
