// A refresh token that is revoked (RFC 7009), and the line in which it waits beside sign-ins.
import t from 'tap'
import type { Bends } from '../support/hostile-op.ts'
import { faultOf, roundTrip, secret, sessionOf, someday, startRig } from './fixtures.ts'

const answering = (status: number, body: string): Bends => ({
  answer: {
    revocation: (_request, response) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(body),
  },
})

t.test('the token goes to the revocation endpoint, by the client’s own authentication', async (t) => {
  for (const authMethod of ['client_secret_basic', 'client_secret_post'] as const) {
    const rig = await startRig(t, { settings: () => ({ authMethod }) })
    const asked: { authorization: string | undefined; body: object }[] = []
    rig.op.bends.before = {
      revocation: async ({ authorization, body }) =>
        void asked.push({ authorization, body: Object.fromEntries(body) }),
    }
    await rig.provider.revoke('a-refresh-token')
    t.same(rig.op.refreshTokens.revoked, ['a-refresh-token'])
    const token = { token: 'a-refresh-token', token_type_hint: 'refresh_token' }
    const isBasic = authMethod === 'client_secret_basic'
    t.same(asked[0]?.body, isBasic ? token : { ...token, client_id: 'gateway', client_secret: secret })
    t.equal(asked[0]?.authorization?.startsWith('Basic '), isBasic ? true : undefined)
  }
})

t.test('a provider that has no such endpoint is not asked', async (t) => {
  const rig = await startRig(t, {
    bends: { metadata: ({ revocation_endpoint: _, ...document }) => document },
  })
  await rig.provider.revoke('a-refresh-token')
  t.same([rig.op.counts.revocation, rig.op.counts.other, rig.op.counts.token], [0, 0, 0])
})

t.test('what it may answer', async (t) => {
  const rows: readonly [string, Bends, string | null, RegExp][] = [
    ['200', answering(200, ''), null, /./],
    ['a kind that it cannot revoke', answering(400, '{"error":"unsupported_token_type"}'), null, /./],
    [
      'invalid_client',
      answering(401, '{"error":"invalid_client"}'),
      'PROVIDER_CLIENT_REFUSED',
      /client_secret/,
    ],
    ['403', answering(403, ''), 'PROVIDER_CLIENT_REFUSED', /403/],
    [
      'invalid_request',
      answering(400, '{"error":"invalid_request"}'),
      'PROVIDER_RESPONSE_INVALID',
      /invalid_request/,
    ],
    ['a page', answering(404, '<html>'), 'PROVIDER_RESPONSE_INVALID', /404/],
    ['503', answering(503, ''), 'PROVIDER_UNREACHABLE', /503/],
    ['429', answering(429, ''), 'PROVIDER_UNREACHABLE', /too often/],
    [
      'the token again',
      answering(400, '{"error":"canary-of-a-refresh-token"}'),
      'PROVIDER_RESPONSE_INVALID',
      /400/,
    ],
    ['the secret again', answering(400, `{"error":"${secret}"}`), 'PROVIDER_RESPONSE_INVALID', /400/],
  ]
  for (const [name, bends, code, says] of rows) {
    const rig = await startRig(t, { bends })
    const revoked = rig.provider.revoke('canary-of-a-refresh-token')
    if (code === null) await revoked
    else {
      const fault = await faultOf(revoked)
      t.equal(fault.code, code, `${name}: ${fault.message}`)
      t.match(fault.message, says, name)
      t.notMatch(fault.message, /canary-of|a-secret-of/, name)
    }
    t.equal(rig.op.counts.revocation, 1, `${name}: asked once`)
  }
})

t.test('S-143: the address is read as strictly as the others', async (t) => {
  for (const revocation_endpoint of [
    7,
    'nowhere',
    'https://user:password@op.example/revoke',
    'ftp://op.example/',
  ]) {
    const rig = await startRig(t, {
      bends: { metadata: (document) => ({ ...document, revocation_endpoint }) },
    })
    t.equal(
      (await faultOf(rig.provider.revoke('x'))).code,
      'PROVIDER_RESPONSE_INVALID',
      String(revocation_endpoint),
    )
  }
})

t.test('renewals do not wait for sign-ins, nor sign-ins for renewals', async (t) => {
  const rig = await startRig(t, {
    limits: {
      signIns: { places: 1, waiting: 0, waitingOfNetwork: 0 },
      renewals: { places: 1, waiting: 1, waitingOfNetwork: 1 },
      renewalWaitMs: 60_000,
      timeoutMs: 60_000,
    },
  })
  const { op, provider, settings } = rig
  op.refreshTokens.issues = true
  const session = sessionOf(settings, await rig.signIn())
  const held = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  const hold = (grant: string): void => {
    op.bends.before = {
      token: async ({ body }) => {
        if (body.get('grant_type') !== grant) return
        asked.resolve()
        await held.promise
      },
    }
  }
  hold('authorization_code')
  const signIn = rig.signIn()
  await asked.promise
  const renewal = await provider.renew(session, someday, ['sub'])
  t.equal(renewal.kind, 'renewed', 'while the only place for sign-ins is taken')
  held.resolve()
  await signIn

  const again = Promise.withResolvers<void>()
  const came = Promise.withResolvers<void>()
  op.bends.before = {
    token: async ({ body }) => {
      if (body.get('grant_type') !== 'refresh_token') return
      came.resolve()
      await again.promise
    },
  }
  const tokens = { ...session.tokens, refresh: op.refreshTokens.current('alice') }
  const slow = provider.renew({ ...session, tokens }, someday, ['sub'])
  await came.promise
  t.equal((await rig.signIn()).user, 'alice', 'while the only place for renewals is taken')
  const waiting = provider.revoke('one')
  const refused = await faultOf(provider.renew({ ...session, tokens }, someday, ['sub']))
  t.equal(refused.code, 'PROVIDER_BUSY', 'there is no room to wait')
  await roundTrip(op)
  t.equal(op.counts.revocation, 0, 'it waits for its turn')
  again.resolve()
  t.equal((await slow).kind, 'renewed')
  await waiting
  t.equal(op.counts.revocation, 1)
})

t.test('who waits for a turn too long has sent nothing', async (t) => {
  const rig = await startRig(t, {
    limits: {
      renewals: { places: 1, waiting: 5, waitingOfNetwork: 5 },
      renewalWaitMs: 50,
      timeoutMs: 60_000,
    },
  })
  rig.op.refreshTokens.issues = true
  const session = sessionOf(rig.settings, await rig.signIn())
  const held = Promise.withResolvers<void>()
  const came = Promise.withResolvers<void>()
  rig.op.bends.before = {
    token: async () => {
      came.resolve()
      await held.promise
    },
  }
  const slow = rig.provider.renew(session, someday, ['sub'])
  await came.promise
  // The provider may answer all the others: it is not called silent.
  t.match(await faultOf(rig.provider.renew(session, someday, ['sub'])), { code: 'PROVIDER_BUSY' })
  held.resolve()
  t.equal((await slow).kind, 'renewed', 'what was sent is given its time')
  t.equal(rig.op.refreshTokens.came.length, 1)
})
