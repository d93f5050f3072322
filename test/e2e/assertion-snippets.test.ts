// The programs that `claimgate snippet` prints, each in a real app behind the gateway: Flask under gunicorn, and handlers
// behind the real serverless-wsgi. What the gateway sends lets in; everything that somebody else could send does not.
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { command } from '../../src/commands/snippet.ts'
import { readSigningKey } from '../../src/config/signing-key.ts'
import { publicKeySet, type SigningKey } from '../../src/core/assertion/settings.ts'
import { runIn } from '../commands/run.ts'
import { startAws } from '../support/aws/stand-in.ts'
import { Browser } from '../support/browser.ts'
import { startFlask } from '../support/flask.ts'
import { visitAs } from '../support/front.ts'
import { startLiveGateway } from '../support/live-gateway.ts'
import { startOp } from '../support/op.ts'
import { encode, type Fields, firstKey, signJwt } from '../support/signed-jwt.ts'

interface TestKey extends SigningKey {
  readonly object: KeyObject
  readonly pem: string
}

function makeKey(): TestKey {
  const { privateKey: object } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = object.export({ type: 'pkcs8', format: 'pem' }).toString()
  const read = readSigningKey(pem)
  if (!read.ok) throw new Error(read.message)
  return { ...read.key, object, pem }
}
const [key, next, stranger] = [makeKey(), makeKey(), makeKey()]

const folder = t.testdir()
const op = await startOp()
const nothing = 'http://127.0.0.1:9'
const upstreams = { flask: nothing, rest: nothing, http: nothing, plain: nothing }
const keys = { signing: [key, next] }
const file = (url: string): string => `
signing_keys: ${JSON.stringify(keys.signing.map(({ pem }) => pem))}
providers:
  op: { issuer: "${op.issuer}", client_id: ${op.clientId}, client_secret: ${op.clientSecret} }
defaults:
  require: signed_in
  identity_assertion: { claims: [email] }
apps:
  flask: { url: "${url}", upstream: "${upstreams.flask}" }
  rest: { url: "${url}/rest", upstream: { url: "${upstreams.rest}", strip_prefix: true } }
  http: { url: "${url}/http", upstream: { url: "${upstreams.http}", strip_prefix: true } }
  plain: { url: "${url}/plain", upstream: "${upstreams.plain}", identity_assertion: { header: X-Proof-Of, audience: plain } }
`
const gateway = await startLiveGateway(file)
const { url } = gateway
t.teardown(async () => {
  await gateway.close()
  await op.close()
})
op.register({ redirectUris: [`${url}/.auth/callback`], postLogoutRedirectUris: [`${url}/.auth/logged-out`] })

async function snippet(kind: 'flask' | 'lambda-python', app: string): Promise<string> {
  writeFileSync(join(folder, 'claimgate.yaml'), file(url))
  const { code, stdout, stderr } = await runIn(command, [kind, '--app', app], { cwd: folder })
  if (code !== 0) throw new Error(stderr)
  return stdout
}

const flaskApp = `
from flask import Flask, jsonify, request
app = Flask(__name__)

@app.get("/", defaults={"rest": ""})
@app.get("/<path:rest>")
def who(rest):
    return jsonify(user=request.remote_user, email=request.environ["claimgate.assertion"]["email"])

app.wsgi_app = VerifiedUser(app.wsgi_app)
`
const plainHandler = `
import json
@verified
def handler(event, context):
    return {"statusCode": 200, "body": json.dumps({"user": event["requestContext"]["authorizer"]["principalId"]})}
`
const behindAdapter = '\nimport wsgi_handler\nhandler = verified(wsgi_handler.handler)\n'

writeFileSync(join(folder, 'app.py'), (await snippet('flask', 'flask')) + flaskApp)
const flask = await startFlask({ folder: pathToFileURL(`${folder}/`), app: 'app:app', env: {} })
t.teardown(() => flask.stop())
const aws = await startAws(t, {
  rest: { iam: false, handler: 'rest.handler' },
  http: { iam: false, handler: 'http2.handler' },
  functionUrl: { iam: false, handler: 'plain.handler' },
  files: {
    'rest.py': (await snippet('lambda-python', 'rest')) + behindAdapter,
    'http2.py': (await snippet('lambda-python', 'http')) + behindAdapter,
    'plain.py': (await snippet('lambda-python', 'plain')) + plainHandler,
  },
  // Where a function reaches no network: the text of the address.
  env: { CLAIMGATE_JWKS: publicKeySet(keys.signing) },
})
Object.assign(upstreams, {
  ...{ flask: flask.origin, rest: aws.rest.local, http: aws.http.local, plain: aws.functionUrl.local },
})
await gateway.reload(file(url))

/** Each app as whoever found its address asks it. */
const apps = {
  flask: { at: `${flask.origin}/who`, header: 'X-Claimgate-Assertion', audience: url },
  rest: { at: `${aws.rest.local}/who`, header: 'X-Claimgate-Assertion', audience: `${url}/rest` },
  http: { at: `${aws.http.local}/who`, header: 'X-Claimgate-Assertion', audience: `${url}/http` },
  plain: { at: `${aws.functionUrl.local}/who`, header: 'X-Proof-Of', audience: 'plain' },
}

interface Told {
  readonly status: number
  /** As the app says; null: it does not. */
  readonly user: string | null
}

/** Every line as it stands here. */
function ask(address: string, lines: readonly string[] = []): Promise<Told> {
  return new Promise((resolve, reject) => {
    const headers = [...['Host', new URL(address).host], ...lines]
    const sent = request(address, { headers, agent: false }, (answer) => {
      let body = ''
      answer.setEncoding('utf8').on('data', (piece) => (body += piece))
      answer.on('end', () => {
        const user = /"user": ?"([^"]*)"/.exec(body)?.[1] ?? null
        resolve({ status: answer.statusCode ?? 0, user })
      })
    })
    sent.on('error', reject).end()
  })
}

const browser = new Browser()
await visitAs(browser, 'adam', `${url}/`)
const cookie = [...browser.cookies('localhost')].map(([name, value]) => `${name}=${value}`).join('; ')

t.test('behind the gateway REMOTE_USER is the person, at each of them', async (t) => {
  const paths = { flask: '/who', rest: '/rest/who', http: '/http/who', plain: '/plain/who' }
  for (const [name, path] of Object.entries(paths)) {
    const told = await ask(url + path, ['Cookie', cookie])
    t.match(told, { status: 200, user: /^adam/ }, `${name} ${flask.log()} ${aws.log()}`)
    t.same(
      await ask(url + path, ['Cookie', cookie, 'X-Claimgate-Assertion', 'forged', 'X-Proof-Of', 'forged']),
      told,
    )
  }
})

const now = () => Math.floor(Date.now() / 1000)

/** What each of the apps refuses, as lines; `good` is one that it takes. */
function attacks(audience: string, good: string): readonly (readonly [string, readonly string[], number])[] {
  const claims = (changes: Fields = {}): Fields => ({
    ...{ iss: `${url}/.auth/assertion`, aud: audience, sub: 'eve', provider: 'op', credential: 'session' },
    ...{ email: 'eve@example.com', iat: now(), exp: now() + 60 },
    ...changes,
  })
  const without = (name: string): Fields => {
    const { [name]: _, ...rest } = claims()
    return rest
  }
  const head = (changes: Fields = {}): Fields => ({
    ...{ alg: 'ES256', typ: 'claimgate-assertion+jwt', kid: key.kid },
    ...changes,
  })
  const signed = (
    changes: Fields,
    header: Fields = {},
    by: KeyObject | string = key.object,
  ): readonly string[] => [signJwt(head(header), claims(changes), by)]
  const spki = createPublicKey(key.object).export({ type: 'spki', format: 'pem' }).toString()
  const jwk = { kty: 'EC', crv: 'P-256', x: stranger.x, y: stranger.y }
  const [payload = ''] = good.split('.').slice(1)
  const provider = firstKey()
  return [
    ['none', [], 401],
    ['that of another app', signed({ aud: 'https://other.example.com' }), 403],
    ['that of another gateway', signed({ iss: 'https://other.example.com/.auth/assertion' }), 403],
    [
      'an ID token',
      signed({ iss: op.issuer, aud: op.clientId }, { alg: 'RS256', typ: 'JWT' }, provider.privateKey),
      403,
    ],
    ['an ID token by the same key', signed({}, { typ: 'JWT' }), 403],
    ['an access token by the same key', signed({}, { typ: 'at+jwt' }), 403],
    ['no kind at all', signed({}, { typ: undefined }), 403],
    ['a short token', [`cgt_k${randomBytes(60).toString('base64url')}`], 403],
    ['alg none', [`${encode(head({ alg: 'none' }))}.${encode(claims())}.`], 403],
    ['alg none with a signature', signed({}, { alg: 'none' }), 403],
    ['HS256 by the public key', signed({}, { alg: 'HS256' }, spki), 403],
    ['HS256 by the public JWK', signed({}, { alg: 'HS256' }, publicKeySet([key])), 403],
    ['HS256 by nothing', signed({}, { alg: 'HS256' }, ''), 403],
    ['over', signed({ iat: now() - 120, exp: now() - 60 }), 403],
    ['of a time to come', signed({ iat: now() + 60, exp: now() + 120 }), 403],
    ['not yet', signed({ nbf: now() + 60 }), 403],
    ...['iss', 'aud', 'sub', 'iat', 'exp'].map(
      (name) => [`without ${name}`, [signJwt(head(), without(name), key.object)], 403] as const,
    ),
    ['exp that is no time', signed({ exp: 'never' }), 403],
    ['no key of that name', signed({}, { kid: 'unknown' }), 403],
    ['no name of a key', signed({}, { kid: undefined }), 403],
    ['a list of names', signed({}, { kid: [key.kid] }), 403],
    ['another key under the name', signed({}, {}, stranger.object), 403],
    ['the name of the other key', signed({}, { kid: next.kid }), 403],
    ['a key that it brings along', signed({}, { kid: stranger.kid, jwk }, stranger.object), 403],
    [
      'a key from elsewhere',
      signed({}, { kid: stranger.kid, jku: 'https://evil.example/jwks.json' }, stranger.object),
      403,
    ],
    ['a critical extension', signed({}, { crit: ['x'], x: 1 }), 403],
    ['another text under the signature', [good.replace(payload, encode(claims()))], 403],
    ['a signature that is cut', [good.slice(0, -4)], 403],
    ['two lines, both good', [good, good], 403],
    ['two lines, one good', [good, 'x.y.z'], 403],
    ['two in a line', [`${good},${good}`], 403],
    ['nothing', [''], 403],
    ['no token', ['adam'], 403],
  ]
}

for (const [name, { at, header, audience }] of Object.entries(apps))
  t.test(`${name}: whoever reaches the app around the gateway is refused, whatever they send`, async (t) => {
    const claims = {
      ...{ iss: `${url}/.auth/assertion`, aud: audience, sub: 'ada', provider: 'op', credential: 'session' },
      ...{ email: 'ada@example.com', iat: now(), exp: now() + 60 },
    }
    const good = signJwt({ alg: 'ES256', typ: 'claimgate-assertion+jwt', kid: key.kid }, claims, key.object)
    t.same(await ask(at, [header, good]), { status: 200, user: 'ada' }, 'the key itself can say anything')
    for (const [what, values, status] of attacks(audience, good)) {
      const lines = values.flatMap((value) => [header, value])
      const trusting = ['X-Forwarded-User', 'eve', 'Remote-User', 'eve', 'X-Gateway-Secret', 'x']
      t.same(await ask(at, [...trusting, ...lines]), { status, user: null }, what)
    }
    t.same(await ask(at, [header, good]), { status: 200, user: 'ada' }, 'and it still works')
  })

t.test('a clock that is a little wrong does no harm', async (t) => {
  const { at, header, audience } = apps.flask
  for (const [iat, exp] of [
    [now() + 5, now() + 65],
    [now() - 65, now() - 5],
  ]) {
    const claims = { iss: `${url}/.auth/assertion`, aud: audience, sub: 'ada', email: 'a', iat, exp }
    const token = signJwt({ alg: 'ES256', typ: 'claimgate-assertion+jwt', kid: key.kid }, claims, key.object)
    t.same(await ask(at, [header, token]), { status: 200, user: 'ada' })
  }
})

t.test('the key that was published beside the other signs, and no app has to be told', async (t) => {
  keys.signing = [next, key]
  await gateway.reload(file(url))
  for (const path of ['/who', '/rest/who', '/http/who', '/plain/who'])
    t.match(await ask(url + path, ['Cookie', cookie]), { status: 200, user: /^adam/ }, path)
  keys.signing = [next]
  await gateway.reload(file(url))
  const published = await (await fetch(`${url}/.auth/jwks.json`)).text()
  t.equal(published, publicKeySet([next]))
  t.match(await ask(`${url}/who`, ['Cookie', cookie]), { status: 200, user: /^adam/ })
})
