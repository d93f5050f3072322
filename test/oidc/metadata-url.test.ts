// Metadata that is not below the issuer, and metadata that moved: where it is read, and where it is not.
import type { IncomingMessage, ServerResponse } from 'node:http'
import t from 'tap'
import { metadataOf, sendJson } from '../support/hostile-op.ts'
import { faultOf, type RigOptions, startRig } from './fixtures.ts'

type Takeover = (request: IncomingMessage, response: ServerResponse) => void

const moved =
  (location: string | undefined, status = 302): Takeover =>
  (_request, response) =>
    void response.writeHead(status, location === undefined ? {} : { location }).end('moved')

/** A provider whose own address of the metadata answers so, and every unknown address with the metadata. */
async function startMoved(t: import('tap').Test, answer: Takeover, options: RigOptions = {}) {
  const rig = await startRig(t, options)
  const paths: string[] = []
  rig.op.bends.answer = {
    metadata: answer,
    other: (request, response) => {
      paths.push(request.url ?? '')
      sendJson(response, metadataOf(rig.settings.issuer))
    },
  }
  return { ...rig, paths }
}

t.test('metadata_url: the metadata is read there, with its query, and nowhere else', async (t) => {
  const rig = await startMoved(t, moved('/never'), {
    settings: (issuer) => ({ metadataUrl: `${issuer}/tenant/metadata?p=B2C_1_policy` }),
  })
  t.equal((await rig.signIn()).user, 'alice')
  t.same(rig.paths, ['/tenant/metadata?p=B2C_1_policy'])
  t.equal(rig.op.counts.metadata, 0)
})

t.test('S-143: metadata_url: the issuer in it is compared exactly all the same', async (t) => {
  const rig = await startRig(t, { settings: (issuer) => ({ metadataUrl: `${issuer}/elsewhere` }) })
  for (const issuer of [`${rig.op.issuer}/`, `${rig.op.issuer}/elsewhere`, undefined]) {
    rig.op.bends.answer = {
      other: (_request, response) => sendJson(response, { ...metadataOf(rig.op.issuer), issuer }),
    }
    rig.clock.time += 3600
    t.match(await faultOf(rig.signIn()), { code: 'PROVIDER_RESPONSE_INVALID', message: /issuer is/ })
  }
})

t.test('one redirect of the metadata to the same origin is followed', async (t) => {
  for (const status of [301, 302, 303, 307, 308]) {
    const rig = await startMoved(t, moved('/tenant/.well-known/openid-configuration?v=2', status))
    t.equal((await rig.signIn()).user, 'alice', `${status}`)
    t.same(rig.paths, ['/tenant/.well-known/openid-configuration?v=2'])
  }
  const whole = await startMoved(t, (request, response) => {
    response.writeHead(302, { location: `http://${request.headers.host}/whole` }).end()
  })
  t.equal((await whole.signIn()).user, 'alice')
  t.same(whole.paths, ['/whole'])
})

t.test('S-247: any other redirect is not followed', async (t) => {
  const elsewhere = await startRig(t)
  const port = new URL(elsewhere.op.issuer).port
  const rows: readonly [string, string | undefined, number][] = [
    ['another port', `${elsewhere.op.issuer}/x`, 302],
    ['another host', `http://localhost:${port}/x`, 302],
    ['another host without a scheme', `//127.0.0.1:${port}/x`, 302],
    ['another scheme', 'https://127.0.0.1:1/x', 302],
    ['a file', 'file:///etc/passwd', 302],
    ['no address', undefined, 302],
    ['an empty address', '', 302],
    ['no address at all', 'http://[', 302],
    ['a choice', '/x', 300],
    ['nothing new', '/x', 304],
  ]
  for (const [name, location, status] of rows) {
    const rig = await startMoved(t, moved(location, status))
    t.match(
      await faultOf(rig.signIn()),
      {
        code: 'PROVIDER_RESPONSE_INVALID',
        message: /redirects are not followed/,
      },
      name,
    )
    t.same(rig.paths, [], name)
  }
  const named = await startMoved(t, (request, response) => {
    response.writeHead(302, { location: `http://u:p@${request.headers.host}/x` }).end()
  })
  t.match((await faultOf(named.signIn())).message, /redirects are not followed/)
  t.same(named.paths, [], 'an address with a name and a password')
  t.ok(
    Object.values(elsewhere.op.counts).every((count) => count === 0),
    JSON.stringify(elsewhere.op.counts),
  )
})

t.test('S-247: a second redirect is not followed', async (t) => {
  const rig = await startRig(t)
  let asked = 0
  const again: Takeover = (request, response) => {
    asked += 1
    response.writeHead(302, { location: `${request.url}x` }).end()
  }
  rig.op.bends.answer = { metadata: again, other: again }
  t.match((await faultOf(rig.signIn())).message, /redirects are not followed/)
  t.equal(asked, 2)
})

t.test('response_modes_supported and other lists of the metadata are hints', async (t) => {
  for (const responseMode of ['query', 'form_post'] as const) {
    const rig = await startRig(t, { settings: () => ({ responseMode }) })
    rig.op.bends.metadata = (document) => ({
      ...document,
      response_modes_supported: ['fragment'],
      response_types_supported: ['id_token'],
      scopes_supported: ['openid'],
      claims_supported: ['sub'],
      grant_types_supported: ['implicit'],
      code_challenge_methods_supported: [],
    })
    t.equal((await rig.signIn()).user, 'alice', responseMode)
  }
})

t.test('S-247: keys, token and userinfo follow none, not even one to the same origin', async (t) => {
  for (const endpoint of ['jwks', 'token', 'userinfo'] as const) {
    const rig = await startRig(t)
    rig.op.bends.answer = { [endpoint]: moved('/elsewhere', 307) }
    t.match((await faultOf(rig.signIn())).message, /redirects are not followed/, endpoint)
    t.equal(rig.op.counts.other, 0, endpoint)
  }
})

t.test('with internal_url a redirect to the public address is asked for inside', async (t) => {
  const issuer = 'https://id.example.com/realms/a'
  const rig = await startMoved(t, moved('/never'), {
    settings: (op) => ({ issuer, internalUrl: op, metadataUrl: `${issuer}/meta` }),
  })
  const documents: string[] = []
  rig.op.bends.answer = {
    other: (request, response) => {
      documents.push(request.url ?? '')
      if (documents.length === 1) return moved('https://id.example.com/realms/a/moved')(request, response)
      sendJson(response, { ...metadataOf(rig.op.issuer), issuer })
    },
  }
  await rig.provider.discover()
  t.same(rig.provider.status(), { kind: 'ready' })
  t.same(documents, ['/realms/a/meta', '/realms/a/moved'])
})
