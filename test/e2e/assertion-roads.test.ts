// An assertion is a header line like any other: signed requests and functions bring it, other keys and claims make a new
// one, and sessions that rest in cookies keep what it says.
import { generateKeyPairSync } from 'node:crypto'
import { createLocalJWKSet, decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose'
import t from 'tap'
import { cookieLine, fire } from '../support/attack.ts'
import { startAws } from '../support/aws/stand-in.ts'
import { Browser } from '../support/browser.ts'
import { startEcho } from '../support/echo.ts'
import { visitAs } from '../support/front.ts'
import { startTestGateway } from '../support/gateway.ts'
import { startHostileFront } from '../support/hostile-front.ts'
import { startLiveGateway } from '../support/live-gateway.ts'
import { startOp } from '../support/op.ts'

const newPem = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()

const [op, echo] = [await startOp(), await startEcho()]
t.teardown(() => Promise.all([op.close(), echo.close()]))
const provider = `{ issuer: "${op.issuer}", client_id: ${op.clientId}, client_secret: ${op.clientSecret} }`
const register = (url: string): void =>
  op.register({
    redirectUris: [`${url}/.auth/callback`],
    postLogoutRedirectUris: [`${url}/.auth/logged-out`],
  })

async function verified(url: string, token: string | undefined, audience: string): Promise<JWTPayload> {
  const keys = createLocalJWKSet(JSON.parse(await (await fetch(`${url}/.auth/jwks.json`)).text()))
  const { payload } = await jwtVerify(token ?? '', keys, {
    ...{ algorithms: ['ES256'], typ: 'claimgate-assertion+jwt', issuer: `${url}/.auth/assertion`, audience },
  })
  return payload
}

async function cookieOf(url: string): Promise<string> {
  const browser = new Browser()
  await visitAs(browser, 'adam', `${url}/`)
  return [...browser.cookies('localhost')].map(([name, value]) => `${name}=${value}`).join('; ')
}

t.test('signed requests and events of functions bring it, once', async (t) => {
  const aws = await startAws(t)
  const { accessKeyId, secretAccessKey, sessionToken } = aws
  const credentials = {
    ...{ access_key_id: accessKeyId, secret_access_key: secretAccessKey },
    ...(sessionToken === null ? {} : { session_token: sessionToken }),
  }
  const upstreams = {
    signed: {
      ...{ url: aws.rest.url, strip_prefix: true },
      aws: { sign: 'execute-api', endpoint: aws.rest.origin, credentials },
    },
    http: {
      ...{ url: aws.http.url, strip_prefix: true },
      aws: { sign: 'execute-api', endpoint: aws.http.origin, credentials },
    },
    one: {
      ...{ lambda: { function: aws.lambda.arn, payload: '1.0' }, strip_prefix: true },
      aws: { endpoint: aws.lambda.origin, credentials },
    },
    two: {
      ...{ lambda: { function: aws.lambda.arn, payload: '2.0' }, strip_prefix: true },
      aws: { endpoint: aws.lambda.origin, credentials },
    },
  }
  const gateway = await startTestGateway({
    yaml: ({ url }) => `
signing_keys: ${JSON.stringify(newPem())}
providers: { op: ${provider} }
defaults: { require: signed_in, identity_headers: {}, identity_assertion: { claims: [email] } }
apps:
  root: { url: "${url}", upstream: "${echo.url}" }
${Object.entries(upstreams)
  .map(([name, upstream]) => `  ${name}: { url: "${url}/${name}", upstream: ${JSON.stringify(upstream)} }`)
  .join('\n')}
`,
  })
  t.teardown(() => gateway.close())
  const { url } = gateway
  register(url)
  const cookie = await cookieOf(url)
  for (const name of Object.keys(upstreams)) {
    const answer = await fetch(`${url}/${name}/echo/x`, {
      headers: { cookie, 'x-claimgate-assertion': 'forged', 'x-amz-date': 'forged' },
    })
    const text = await answer.text()
    t.equal(answer.status, 200, `${name} ${text}`)
    const { headers }: { headers: readonly (readonly [string, string])[] } = JSON.parse(text)
    const tokens = headers.flatMap(([header, value]) =>
      header.toLowerCase() === 'x-claimgate-assertion' ? [value] : [],
    )
    t.equal(tokens.length, 1, name)
    const payload = await verified(url, tokens[0], `${url}/${name}`)
    t.match(payload, { sub: /^adam/, provider: 'op', credential: 'session', email: 'adam@acme.example' })
  }
})

t.test('other keys, other claims and another audience make a new one, and sessions go on', async (t) => {
  const pems = [newPem(), newPem()]
  const file = (url: string, keys: readonly string[], assertion: string) => `
signing_keys: ${JSON.stringify(keys)}
providers: { op: ${provider} }
apps: { wiki: { url: "${url}", upstream: "${echo.url}", require: signed_in, identity_assertion: ${assertion} } }
`
  const gateway = await startLiveGateway((url) => file(url, pems.slice(0, 1), '{}'))
  t.teardown(() => gateway.close())
  const { url } = gateway
  register(url)
  const cookie = await cookieOf(url)
  const token = async (): Promise<string | undefined> => {
    const answer = await fetch(url, { headers: { cookie } })
    if (answer.status !== 200) throw new Error(await answer.text())
    return echo.received.at(-1)?.headers['x-claimgate-assertion']?.[0]
  }
  const first = await token()
  t.equal(await token(), first)
  await gateway.reload(file(url, pems.slice(0, 1), '{ claims: [email] }'))
  const second = await token()
  t.equal((await verified(url, first, url)).email, undefined)
  t.equal((await verified(url, second, url)).email, 'adam@acme.example')
  await gateway.reload(file(url, pems, '{ claims: [email] }'))
  t.equal(kidOf(await token()), kidOf(second), 'the first signs')
  await gateway.reload(file(url, pems.toReversed(), '{ claims: [email], audience: wiki }'))
  const third = await token()
  t.not(kidOf(third), kidOf(second))
  t.match(await verified(url, third, 'wiki'), { email: 'adam@acme.example' })
  await verified(url, second, url)
  await gateway.reload(file(url, pems.slice(1), '{}'))
  await t.rejects(verified(url, second, url), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
  await gateway.reload(file(url, pems, 'none'))
  t.equal(await token(), undefined)
  for (const method of ['GET', 'POST'])
    t.equal((await fetch(`${url}/.auth/jwks.json`, { method })).status, 404)
})

function kidOf(token: string | undefined): string | undefined {
  return decodeProtectedHeader(token ?? '').kid
}

t.test('a key that the gateway keeps signs after a restart too', async (t) => {
  const file = (url: string) => `
providers: { op: ${provider} }
apps: { wiki: { url: "${url}", upstream: "${echo.url}", require: signed_in, identity_assertion: {} } }
`
  const gateway = await startLiveGateway(file)
  t.teardown(() => gateway.close())
  const keys = async () => (await fetch(`${gateway.url}/.auth/jwks.json`)).text()
  const before = await keys()
  t.match(before, '"kid"')
  await gateway.restart(file(gateway.url))
  t.equal(await keys(), before)
})

t.test('a session that rests in cookies has the claims that an assertion says', async (t) => {
  const gateway = await startTestGateway({
    yaml: ({ url }) => `
session: { store: cookie, secret: a-session-secret-of-thirty-two-bytes-or-more }
log: { subject: plain }
signing_keys: ${JSON.stringify(newPem())}
providers: { op: ${provider} }
apps: { wiki: { url: "${url}", upstream: "${echo.url}", require: signed_in, identity_headers: {}, identity_assertion: { claims: [organization_id, groups] } } }
`,
  })
  t.teardown(() => gateway.close())
  const { url } = gateway
  register(url)
  const cookie = await cookieOf(url)
  for (let at = 0; at < 2; at++) await (await fetch(url, { headers: { cookie } })).arrayBuffer()
  const tokens = echo.received.slice(-2).map(({ headers }) => headers['x-claimgate-assertion']?.[0])
  t.equal(tokens[0], tokens[1], 'it is used again')
  t.match(await verified(url, tokens[0], url), { organization_id: 'acme', groups: ['admins'] })
})

t.test('what does not fit is refused whole, and the log says what and how large', async (t) => {
  const front = await startHostileFront({
    app: `
    require: signed_in
    identity_headers: {}
    identity_assertion: { claims: [groups, number] }
`,
  })
  t.teardown(() => front.close())
  const groups = Array.from({ length: 300 }, (_, at) => `canary-group-with-a-long-name-${at}`)
  const asked = async (claims: object) => {
    front.op.bends = { claims: (own) => ({ ...own, ...claims }) }
    const browser = await front.signedIn()
    const before = front.echo.received.length
    const answer = await fire(front, { target: '/', headers: [cookieLine(front, browser)] })
    t.equal(answer.status, 403)
    t.match(JSON.parse(answer.body), { reason: 'identity-unsendable' })
    t.equal(front.echo.received.length, before, 'the app heard nothing')
    const line = front.gateway.log.findLast(({ reason }) => reason === 'identity-unsendable')
    t.notMatch(JSON.stringify(line), 'canary')
    return line?.detail
  }
  t.match(
    await asked({ groups }),
    /^X-Claimgate-Assertion would have 1\d{4} bytes with its assertion, all up to it 1/,
  )
  t.match(await asked({ number: 2 ** 60 }), /^X-Claimgate-Assertion would assert a number beyond 2\^53-1/)
})
