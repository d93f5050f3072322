import t from 'tap'
import { readTokenRequest, type TokenForm } from '../../../src/core/credential/token-request.ts'
import { formatKey } from '../../../src/core/keys/key-form.ts'

const forms = { prefixes: ['cg'], header: 'X-Api-Key' }
const [id, secret] = [`cg_${'a'.repeat(16)}`, 'b'.repeat(43)]
const key = { prefix: 'cg', id: 'a'.repeat(16), secret }
const pair = `client_id=${id}&client_secret=${secret}`
const basic = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

interface Sent extends Partial<Omit<TokenForm, 'form' | 'query'>> {
  readonly query?: string
}

function read(form: string, { query = '', authorization = [], keyHeader = [] }: Sent = {}) {
  const sent = {
    form: new URLSearchParams(form),
    query: new URLSearchParams(query),
    authorization,
    keyHeader,
  }
  return readTokenRequest(sent, forms)
}

/** `error: sentence`, or the kind of what was asked for. */
function told(form: string, sent?: Sent): string {
  const reading = read(form, sent)
  return reading.ok ? reading.request.kind : `${reading.refused.error}: ${reading.refused.says}`
}

const plain = `grant_type=client_credentials&${pair}`

t.test('a key is asked with in the form, or as Basic', async (t) => {
  const request = {
    ...{ kind: 'client_credentials', pair: { kind: 'key', key } },
    ...{ scopes: null, lifetimeSeconds: null, widget: null },
  }
  t.same(read(plain), { ok: true, request })
  for (const line of [basic, basic.replace('Basic', 'basic'), basic.replace(' ', '   ')])
    t.same(read('grant_type=client_credentials', { authorization: [line] }), { ok: true, request }, line)
})

t.test('by both at once is refused, and so is half of it', async (t) => {
  const both = 'invalid_request: the pair was sent as Basic and in the body'
  t.equal(told(plain, { authorization: [basic] }), both)
  t.equal(told(`grant_type=client_credentials&client_id=${id}`, { authorization: [basic] }), both)
  const half = 'invalid_request: client_id and client_secret go together'
  t.equal(told(`grant_type=client_credentials&client_id=${id}`), half)
  t.equal(told(`grant_type=client_credentials&client_secret=${secret}`), half)
  t.equal(told(`grant_type=client_credentials&client_id=&client_secret=${secret}`), half)
  t.equal(
    told('grant_type=client_credentials', { authorization: [basic, basic] }),
    'invalid_request: Authorization was sent twice',
  )
})

t.test('nothing, or nothing that is a pair, is invalid_client', async (t) => {
  t.equal(told('grant_type=client_credentials'), 'invalid_client: client_id and client_secret are missing')
  const other = 'invalid_client: Authorization has another scheme than Basic'
  for (const line of [`Bearer ${secret}`, 'Basic', 'Basic a b', `Basic\t${secret}`, ''])
    t.equal(told('grant_type=client_credentials', { authorization: [line] }), other, line)
  t.equal(
    told('grant_type=client_credentials', { authorization: ['Basic !!'] }),
    'invalid_client: the Basic credentials cannot be read',
  )
})

t.test('a key in its own header is no way to ask', async (t) => {
  t.match(told(plain, { keyHeader: ['cg_x'] }), 'invalid_request: a key is sent as client_id')
})

t.test('a parameter that is sent twice, or in the address, is refused', async (t) => {
  for (const name of [
    'grant_type',
    'client_id',
    'client_secret',
    'scope',
    'lifetime',
    'origin',
    'end_user',
  ]) {
    t.equal(told(`${plain}&${name}=x&${name}=x`), `invalid_request: ${name} was sent twice`)
    t.equal(told(`${plain}&${name}=&${name}=`), `invalid_request: ${name} was sent twice`, 'empty too')
    t.equal(
      told(plain, { query: `${name}=x` }),
      `invalid_request: ${name} stands in the address: parameters belong into the body`,
    )
  }
  t.equal(told(`${plain}&scope=%ff`), 'invalid_request: scope is not UTF-8')
})

t.test('what nobody knows is ignored, and what is empty counts as left out', async (t) => {
  t.equal(told(`${plain}&resource=a&resource=b&Scope=x`, { query: 'tracking=1' }), 'client_credentials')
  t.match(read(`${plain}&scope=&lifetime=&origin=&end_user=`), {
    ok: true,
    request: { scopes: null, lifetimeSeconds: null, widget: null },
  })
})

t.test('a grant that is not given is told of', async (t) => {
  t.equal(told(pair), 'invalid_request: grant_type is missing')
  for (const grant of ['password', 'authorization_code', 'Client_Credentials', 'client_credentials ', 'x'])
    t.match(told(`grant_type=${encodeURIComponent(grant)}&${pair}`), /^unsupported_grant_type: /, grant)
})

t.test('scope and lifetime are read strictly', async (t) => {
  t.match(read(`${plain}&scope=read+write&lifetime=60`), {
    request: { scopes: ['read', 'write'], lifetimeSeconds: 60 },
  })
  for (const scope of ['a++b', '+a', 'a+', '%22', 'a%09b'])
    t.match(told(`${plain}&scope=${scope}`), /^invalid_scope: /, scope)
  for (const lifetime of ['0', '-1', '1.5', '1e3', '060', '15m', '%2060', '9999999999', 'x', '0x10'])
    t.match(told(`${plain}&lifetime=${lifetime}`), /^invalid_request: lifetime/, lifetime)
})

t.test('a widget has an origin, and may have somebody it is for', async (t) => {
  t.match(read(`${plain}&origin=https://shop.example&end_user=Zo%C3%AB`), {
    request: { widget: { origin: 'https://shop.example', endUser: 'Zoë' } },
  })
  t.match(read(`${plain}&origin=https://shop.example`), { request: { widget: { endUser: null } } })
  t.match(told(`${plain}&end_user=x`), /^invalid_request: end_user belongs to a widget/)
  t.match(told(`${plain}&origin=https://shop.example&end_user=a%0Ab`), /^invalid_request: end_user holds/)
})

t.test('a refresh token comes without a secret', async (t) => {
  t.same(read('grant_type=refresh_token&refresh_token=r'), {
    ok: true,
    request: { kind: 'refresh_token', refreshToken: 'r', clientId: null, scopes: null },
  })
  t.match(read('grant_type=refresh_token&refresh_token=r&client_id=c&scope=a+b'), {
    request: { clientId: 'c', scopes: ['a', 'b'] },
  })
  t.equal(told('grant_type=refresh_token'), 'invalid_request: refresh_token is missing')
  const secretly = 'invalid_request: a refresh token is sent without a secret'
  t.equal(told(`grant_type=refresh_token&refresh_token=r&${pair}`), secretly)
  t.equal(told('grant_type=refresh_token&refresh_token=r', { authorization: [basic] }), secretly)
  for (const more of ['lifetime=60', 'origin=https://shop.example', 'end_user=x'])
    t.match(told(`grant_type=refresh_token&refresh_token=r&${more}`), /^invalid_request: lifetime, origin/)
  t.match(told('grant_type=refresh_token&refresh_token=r&scope=%22'), /^invalid_scope/)
  t.match(told(`${plain}&refresh_token=r`), /^invalid_request: refresh_token is of another/)
})

t.test('a key or a token of ours is no refresh token, and goes to no provider as one', async (t) => {
  const whole = formatKey(key)
  for (const sent of [
    whole,
    whole.toUpperCase(),
    ` ${whole}`,
    `x:${whole}`,
    `${whole}x`,
    `cgt_k${'a'.repeat(60)}`,
  ])
    t.equal(
      told(`grant_type=refresh_token&refresh_token=${encodeURIComponent(sent)}`),
      'invalid_grant: a key or a token of this gateway is no refresh token',
      sent,
    )
  t.equal(told('grant_type=refresh_token&refresh_token=cg_by-chance'), 'refresh_token')
})

t.test('every sentence has the characters of error_description, and nothing that was sent', async (t) => {
  const sentences = [
    ...[told(''), told('grant_type="canary"'), told(plain, { query: 'scope=canary' })],
    ...[told(`${plain}&scope="canary"`), told(`${plain}&lifetime=canary`), told(`${plain}&end_user=canary`)],
    ...[told('grant_type=client_credentials', { authorization: ['canary'] })],
    ...[told(`${plain}&origin=https://a.example&end_user=${'canary'.repeat(50)}`)],
  ]
  for (const sentence of sentences) {
    t.match(sentence, /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
    t.notMatch(sentence, 'canary')
  }
})
