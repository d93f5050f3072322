// A token that is known opens what it would open if nobody knew it, whatever a reload has changed meanwhile: each row is
// judged by a gateway that has let the token in before, and by one that has just started with the same file.
import t from 'tap'
import { startEcho } from '../support/echo.ts'
import { firstKey, signJwt, startHostileOp } from '../support/hostile-op.ts'
import { startLiveGateway } from '../support/live-gateway.ts'
import { poll } from '../support/waiting.ts'

const api = 'https://api.example.com'
const start = () => startHostileOp({ host: 'localhost' })
const [op, otherOp, echo] = await Promise.all([start(), start(), startEcho()])

/** Settings of providers by name, and what the two apps say beside their addresses. */
interface File {
  readonly providers: Readonly<Record<string, string>>
  readonly app: string
  readonly beside: string
}

const tokensOf = (issuer: string, prefix: string, bearer = `audiences: ["${api}"]`) =>
  `{ issuer: "${issuer}", user_id_prefix: "${prefix}:", bearer: { ${bearer} } }`
const takes = (names: string, rule = 'signed_in') =>
  `provider: [${names}], credentials: [bearer], require: ${rule}`
const asClient = `issuer: "${op.issuer}", client_id: c, client_secret: s-s-s-s-s-s-s-s-s-s-s-s-s-s-s-s-s`
const [one, other] = [tokensOf(op.issuer, 'm'), tokensOf(otherOp.issuer, 'n')]
const usual: File = { providers: { one, other }, app: takes('one, other'), beside: takes('one, other') }

const yaml = ({ providers, app, beside }: File) => `
log: { level: debug, subject: plain }
providers:
${Object.entries(providers)
  .map(([name, settings]) => `  ${name}: ${settings}`)
  .join('\n')}
apps:
  api: { url: "${url}", upstream: "${echo.url}", ${app} }
  beside: { url: "${url}/beside", upstream: "${echo.url}", ${beside} }
`

let url = ''
const gateway = await startLiveGateway((own) => {
  url = own
  return yaml(usual)
})
const { log } = gateway
t.teardown(async () => {
  await gateway.close()
  await Promise.all([op.close(), otherOp.close(), echo.close()])
})

function written(): string {
  const { kid, privateKey } = firstKey()
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: op.issuer, sub: 'bob', aud: api, iat: now, exp: now + 3000, scope: 'read' }
  return signJwt({ alg: 'RS256', kid }, claims, privateKey)
}

let asked = 0

/** What the client, the app and the log are told, but for what differs from request to request. */
async function told(path: string, token: string): Promise<Readonly<Record<string, unknown>>> {
  asked += 1
  const [before, target] = [echo.received.length, `${path}/${asked}`]
  const answer = await fetch(`${url}${target}`, { headers: { authorization: `Bearer ${token}` } })
  await answer.text()
  const look = () => log.findLast((line) => line.event === 'request' && line.path === target)
  const line = await poll(`the line of ${target}`, look, (found) => found !== undefined)
  const { reason, detail, user, provider, credential, location, app, decision } = line ?? {}
  return {
    ...{ status: answer.status, challenge: answer.headers.get('www-authenticate') },
    ...{ reason, detail, user, provider, credential, location, app, decision },
    forwarded: echo.received.length > before ? echo.received.at(-1)?.headers['x-forwarded-user'] : null,
  }
}

const open = { status: 200, provider: 'one', forwarded: ['m:bob'] }
const refused = (reason: string) => ({ status: 401, reason, forwarded: null })
const unknown = refused('credential-unknown')

interface Row extends Partial<File> {
  readonly is: object
  /** At the second app; absent: the same. */
  readonly isBeside?: object
}

const third = (audience: string): Partial<File> => ({
  providers: { one, other, third: tokensOf(op.issuer, 'z', `audiences: ["${audience}"]`) },
  beside: takes('third, other'),
})
const rows: Readonly<Record<string, Row>> = {
  'the provider is gone': { providers: { other }, app: takes('other'), beside: takes('other'), is: unknown },
  'its `bearer` is gone': { providers: { one: `{ ${asClient} }`, other }, is: unknown },
  'an app accepts another': { app: takes('other'), beside: takes('one'), is: unknown, isBeside: open },
  'an app takes no tokens': {
    providers: { one: `{ ${asClient}, user_id_prefix: "m:", bearer: { audiences: ["${api}"] } }`, other },
    app: 'provider: [one], require: signed_in',
    is: refused('no-session'),
    isBeside: open,
  },
  'another audience': {
    providers: { one: tokensOf(op.issuer, 'm', 'audiences: ["https://elsewhere.example"]'), other },
    is: refused('token-not-for-us'),
  },
  'a scope that it has': {
    providers: { one: tokensOf(op.issuer, 'm', `audiences: ["${api}"], required_scopes: [read]`), other },
    is: open,
  },
  'a scope that it lacks': {
    providers: { one: tokensOf(op.issuer, 'm', `audiences: ["${api}"], required_scopes: [write]`), other },
    is: { status: 403, forwarded: null },
  },
  'another prefix': { providers: { one: tokensOf(op.issuer, 'o'), other }, is: { forwarded: ['o:bob'] } },
  'names that change places': { providers: { one: other, other: one }, is: { ...open, provider: 'other' } },
  'its provider is asked now': {
    providers: { one: `{ ${asClient}, bearer: { audiences: ["${api}"], check: introspection } }`, other },
    is: refused('token-invalid'),
  },
  'another order': { app: takes('other, one'), is: open },
  'the same issuer elsewhere': {
    ...third('https://third.example'),
    is: open,
    isBeside: refused('token-not-for-us'),
  },
  'the same issuer and audience elsewhere': {
    ...third(api),
    is: open,
    isBeside: { status: 200, provider: 'third', forwarded: ['z:bob'] },
  },
  'another rule': { app: takes('one, other', '{ provider: other }'), is: { status: 403 }, isBeside: open },
}

for (const [name, { is, isBeside = is, ...changed }] of Object.entries(rows))
  t.test(name, async (t) => {
    const token = written()
    const all = async () => [await told('', token), await told('/beside', token), await told('', token)]
    await gateway.restart(yaml(usual))
    t.match(await all(), [open, open, open])
    await gateway.reload(yaml({ ...usual, ...changed }))
    const known = await all()
    t.match(known, [is, isBeside, is])
    await gateway.restart(yaml({ ...usual, ...changed }))
    t.same(await all(), known, 'where nobody knows it, it is the same')
    await gateway.reload(yaml(usual))
    t.match(await all(), [open, open, open], 'and again as it was')
  })
