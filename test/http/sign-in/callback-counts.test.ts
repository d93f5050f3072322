// Every sign-in that comes to nothing at the callback is a line and a count, by provider and app where these are known.
import t, { type Test } from 'tap'
import { LoginFault, StoreFault } from '../../../src/core/fault.ts'
import type { Answer } from '../../../src/http/pages/answer.ts'
import { callback } from '../../../src/http/sign-in/callback.ts'
import { login } from '../../../src/http/sign-in/login.ts'
import { openTestContext } from '../../support/request-context.ts'
import { orRejected } from '../../support/thrown.ts'
import { type Begun, program } from './callback-fixtures.ts'

const site = 'https://apps.example'

function open(t: Test, defaults = '') {
  const around = openTestContext(
    t,
    `
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s }
  other: { issuer: "https://other.example", client_id: c, client_secret: s, user_id_prefix: "o:", response_iss: required }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
${defaults}
apps:
  wiki: { url: "${site}/wiki", upstream: http://10.9.9.9, provider: [op, other], require: signed_in }
  shop: { url: "${site}/shop", upstream: http://10.9.9.8, provider: [op, other], require: signed_in }
`,
  )
  const begin = async (page: string): Promise<Begun> => {
    const address = `${site}/.auth/login?provider=op&return_to=${page}`
    const { headers, cookies = [] } = await login(around.context, await around.admission(address), {})
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
    return { state: new URL(headers.location ?? 'none:').searchParams.get('state') ?? '', cookie }
  }
  let before = [0, 0]
  const path = defaults === '' ? '/.auth/callback/op' : '/.auth/callback'
  const come = async (parameters: string, cookie = '', context = around.context) => {
    const headers = { ...program, ...(cookie === '' ? {} : { cookie }) }
    const admission = await around.admission(`${site}${path}?${parameters}`, { headers })
    before = [around.counted.length, around.lines.length]
    return (await orRejected(() =>
      callback(context, admission, headers, new URLSearchParams(parameters)),
    )) as Answer
  }
  const counted = () => around.counted.slice(before[0])
  const told = () =>
    around.lines.slice(before[1]).map(({ event, code, provider, app }) => [event, code, provider, app])
  return { ...around, begin, come, told, counted }
}

t.test('a failure at the provider is of the page’s app, whichever begins the origin', async (t) => {
  const { begin, come, told, counted, provider } = open(t)
  provider('op').identity = new LoginFault('LOGIN_TOKEN_INVALID', 'x')
  for (const app of ['wiki', 'shop']) {
    const { state, cookie } = await begin(`/${app}/deep`)
    await come(`code=x&state=${state}`, cookie)
    t.same(counted(), ['login op failed', `fault LOGIN_TOKEN_INVALID of ${app}`])
    t.same(told(), [['login.failed', 'LOGIN_TOKEN_INVALID', 'op', app]])
    await come(`code=x&state=${state}`, cookie)
    t.same(counted(), ['login op failed', `fault LOGIN_TOKEN_INVALID of ${app}`], 'and once more')
  }
})

t.test(
  'an attempt that nobody knows is of the provider whose address was called, and of no app',
  async (t) => {
    const { come, told, counted } = open(t)
    for (const parameters of ['code=x', 'code=x&state=unknown', 'error=access_denied&state=unknown']) {
      await come(parameters)
      t.same(counted(), ['login op failed', 'fault LOGIN_STATE_UNKNOWN of -'], parameters)
      t.same(told(), [['login.failed', 'LOGIN_STATE_UNKNOWN', 'op', undefined]])
    }
  },
)

t.test('where providers share an address nobody knows whose it was, and it is counted', async (t) => {
  const { begin, come, told, counted, clock } = open(t, 'defaults: { redirect_uri: /.auth/callback }')
  await come('code=x')
  t.same(counted(), ['login - failed', 'fault LOGIN_STATE_UNKNOWN of -'])
  t.same(told(), [['login.failed', 'LOGIN_STATE_UNKNOWN', undefined, undefined]])
  const { state, cookie } = await begin('/shop')
  clock.time += 3600
  await come(`code=x&state=${state}`, cookie)
  t.same(counted(), ['login op failed', 'fault LOGIN_STATE_UNKNOWN of shop'], 'by what the browser knows')
})

t.test('a store that fails at the callback fails the sign-in, known or not', async (t) => {
  const { begin, come, told, counted, context } = open(t)
  const { state, cookie } = await begin('/shop/deep')
  const fails = async () => {
    throw new StoreFault('STORE_FULL', 'no room')
  }
  const { runtime } = context
  const full = { ...context, runtime: { ...runtime, spentStates: { ...runtime.spentStates, spend: fails } } }
  t.match(await come(`code=x&state=${state}`, cookie, full), { status: 503 })
  t.same(counted(), ['login op failed', 'fault STORE_FULL of shop'])
  const sessions = { ...runtime.sessions, use: fails, lookUp: fails }
  const silent = { ...context, runtime: { ...runtime, sessions } }
  const name = runtime.gateway.hosts.get('apps.example')?.cookies.session
  t.match(await come('code=x&state=unknown', `${name}=x`, silent), { status: 503 })
  t.same(counted(), ['login op failed', 'fault STORE_FULL of -'])
  t.same(told(), [['login.failed', 'STORE_FULL', 'op', undefined]])
})

t.test('a mistake of ours is a sign-in that failed as well', async (t) => {
  const { begin, come, told, counted, provider } = open(t)
  const mistake = new TypeError('ours')
  provider('op').identity = mistake as never
  const { state, cookie } = await begin('/wiki')
  t.equal(await come(`code=x&state=${state}`, cookie), mistake as never)
  t.same(counted(), ['login op failed'])
  t.same(told(), [], 'whoever answers it tells of it')
})

t.test('what succeeds is no failure, nor is a late callback of somebody who is signed in', async (t) => {
  const { begin, come, counted } = open(t)
  const { state, cookie } = await begin('/wiki')
  const { cookies = [] } = await come(`code=x&state=${state}`, cookie)
  t.same(counted(), ['login op completed'])
  const session = cookies.find(({ value }) => value.length > 40)
  await come('code=x&state=unknown', `${session?.name}=${session?.value}`)
  t.same(counted(), [])
})
