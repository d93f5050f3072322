// S-203: a provider that repeats what it was sent, in whatever spelling; none of it reaches a message of ours.
import t from 'tap'
import { quoteWithout } from '../../src/oidc/quote.ts'
import type { Bends, TokenRequest } from '../support/hostile-op.ts'
import { faultOf, redirectUri, someday, someNetwork, startRig, transactionFor } from './fixtures.ts'

const secret = 'pä$$/word+with "all" of it=&~'
const base64 = (text: string) => Buffer.from(text).toString('base64')
const form = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)
const escapedAll = (text: string) =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
const unicode = (text: string) =>
  [...text].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')

/** What a provider made of the secret; the words around it tell nothing. */
const spellings: readonly [string, (text: string) => string][] = [
  ['as it is', (text) => text],
  ['in upper case', (text) => text.toUpperCase()],
  ['form-encoded', form],
  ['form-encoded in lower case', (text) => form(text).replaceAll(/%../g, (bytes) => bytes.toLowerCase())],
  ['percent-encoded', encodeURIComponent],
  ['with every byte escaped', escapedAll],
  ['with every byte escaped in upper case', (text) => escapedAll(text).toUpperCase()],
  ['form-encoded twice', (text) => form(form(text))],
  ['as JSON', (text) => JSON.stringify(text)],
  ['as JSON with every character escaped', unicode],
  ['as JSON in upper case', (text) => unicode(text).toUpperCase().replaceAll('\\U', '\\u')],
  ['as HTML', (text) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('/', '&#x2F;')],
  ['as HTML with every character escaped', (text) => [...text].map((c) => `&#${c.charCodeAt(0)};`).join('')],
  [
    'as HTML with padded numbers',
    (text) => [...text].map((c) => `&#${String(c.charCodeAt(0)).padStart(7, '0')};`).join(''),
  ],
  [
    'as HTML with padded hexadecimal numbers',
    (text) => [...text].map((c) => `&#x${c.charCodeAt(0).toString(16).padStart(6, '0')};`).join(''),
  ],
  ['as JavaScript', (text) => [...text].map((c) => `\\u{${c.charCodeAt(0).toString(16)}}`).join('')],
  ['as escape() has it', (text) => unicode(text).replaceAll('\\', '%')],
  ['in base64', base64],
  ['in base64url', (text) => Buffer.from(text).toString('base64url')],
  ['as Basic', (text) => `Basic ${base64(`gateway:${form(text)}`)}`],
  ['as Basic without the word', (text) => base64(`gateway:${form(text)}`)],
  ['as Basic, escaped', (text) => encodeURIComponent(`Basic ${base64(`gateway:${form(text)}`)}`)],
  ['in base64 behind letters that are none of it', (text) => `header=Basic${base64(`gateway:${text}`)}`],
  ['in hexadecimal', (text) => Buffer.from(text).toString('hex')],
  ['cut', (text) => `${text.slice(0, 20)}...`],
  ['cut and form-encoded', (text) => form(text).slice(0, 34)],
]

t.test('a text that repeats a credential shows none of it in any spelling', async (t) => {
  for (const [name, spell] of spellings) {
    const said = quoteWithout(`the value ${spell(secret)} is wrong`, [secret])
    t.match(said, /^("the value (Basic )?\[secret\] is wrong"|\[withheld: it repeats a credential\])$/, name)
  }
})

t.test('a secret of short words is found though every piece of it has a blank', async (t) => {
  const words = 'six by nine or so we say'
  t.equal(quoteWithout(`not ${form(words)}`, [words]), '[withheld: it repeats a credential]')
})

t.test('a text that can be read in more ways than anybody looks at is not shown', async (t) => {
  const knot = ['%2541 +b', '\\u0041 \\x42', '&#65; &amp;amp;', '41424344454647484950'].join(' ')
  const turns = [
    encodeURIComponent,
    base64,
    (text: string) => `${unicode(text)} +`,
    (text: string) => Buffer.from(text).toString('hex'),
  ]
  const text = turns.map((turn) => turn(knot)).join(' + ')
  t.equal(quoteWithout(text, [secret]), '[withheld: it repeats a credential]')
})

t.test('what repeats nothing stays as it is', async (t) => {
  for (const text of [
    'client authentication failed',
    'AADSTS7000215: Invalid client secret provided. Trace ID: 3f2504e0-4f89-11d3-9a0c-0305e82c3301',
    'redirect_uri https://wiki.example.com/.auth/callback is not registered (100%)',
    'c2VjcmV0IG9mIHNvbWVib2R5IGVsc2U=',
  ])
    t.equal(quoteWithout(text, [secret, 'a-code-of-some-length']), JSON.stringify(text))
})

t.test('a token that nobody named is blotted out by its form', async (t) => {
  const jwt = `eyJhbGciOiJSUzI1NiJ9.${base64('{"iss":"gateway"}').replaceAll('=', '')}.c2lnbmF0dXJl`
  t.equal(quoteWithout(`assertion ${jwt} has expired`, []), '"assertion [secret] has expired"')
  t.match(quoteWithout(`assertion ${escapedAll(jwt)} has expired`, []), /\[withheld/)
  t.match(quoteWithout(`assertion ${base64(jwt)} has expired`, []), /\[withheld/)
})

t.test('a text of any length is read in steps that its length alone decides', async (t) => {
  const long = `${'%25'.repeat(200_000)}${form(secret)}`
  t.notMatch(quoteWithout(long, [secret]), 'word')
})

type Repeat = (request: TokenRequest) => string

const repeats: readonly [string, Repeat][] = [
  ['the code', ({ body }) => body.get('code') ?? ''],
  ['the code verifier', ({ body }) => body.get('code_verifier') ?? ''],
  ['the Authorization header', ({ authorization }) => authorization ?? ''],
  ['the body', ({ body }) => body.toString()],
]

t.test('S-203: a token endpoint that repeats what it was sent', async (t) => {
  for (const [what, repeat] of repeats) {
    for (const [how, spell] of spellings) {
      // A cut one may be cut before the credential begins.
      if (how.startsWith('cut')) continue
      const rig = await startRig(t, { bends: {} })
      rig.op.bends = repeating(() => spell(repeat(rig.op.tokenRequests.at(-1) as TokenRequest)))
      const { message } = await faultOf(rig.signIn())
      const request = rig.op.tokenRequests.at(-1)
      t.ok(request !== undefined && repeat(request) !== '')
      for (const credential of request === undefined ? [] : credentialsOf(request))
        t.notOk(
          message.toLowerCase().includes(spell(credential).slice(0, 12).toLowerCase()),
          `${what} ${how}: ${message}`,
        )
    }
  }
})

const repeating = (words: () => string): Bends => ({
  answer: {
    token: (_request, response) => {
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: 'invalid_request', error_description: `got ${words()}` }))
    },
  },
})

function credentialsOf({ authorization, body }: TokenRequest): readonly string[] {
  return [body.get('code'), body.get('code_verifier'), authorization?.slice('Basic '.length)].filter(
    (text) => typeof text === 'string',
  )
}

t.test(
  'S-203: a code, an access token or an ID token that comes back elsewhere than in an error',
  async (t) => {
    const places: readonly [string, (words: (text: string) => string) => Bends][] = [
      ['iss of the ID token', (words) => ({ claims: (claims) => ({ ...claims, iss: words('code') }) })],
      ['aud of the ID token', (words) => ({ claims: (claims) => ({ ...claims, aud: words('code') }) })],
      ['kid of the ID token', (words) => ({ header: (header) => ({ ...header, kid: words('code') }) })],
      ['alg of the ID token', (words) => ({ header: (header) => ({ ...header, alg: words('code') }) })],
      [
        'media type of userinfo',
        (words) => ({
          answer: {
            userinfo: (_request, response) =>
              void response.writeHead(200, { 'content-type': `text/${words('access_token')}` }).end('x'),
          },
        }),
      ],
    ]
    for (const [name, bent] of places) {
      for (const spell of [(text: string) => text, base64, escapedAll]) {
        const rig = await startRig(t)
        const transaction = transactionFor(rig.settings)
        const parameters = rig.op.authorize(await rig.provider.authorizationUrl(transaction, redirectUri))
        const code = parameters.get('code') ?? ''
        const words = (which: string) => spell(which === 'code' ? code : 'access-token-of-alice')
        rig.op.bends = bent(words)
        const { message } = await faultOf(
          rig.provider.exchange(parameters, transaction, redirectUri, someday, someNetwork),
        )
        for (const shown of [spell(code), spell('access-token-of-alice')])
          t.notOk(message.includes(shown.slice(0, 12)), `${name}: ${message}`)
      }
    }
  },
)
