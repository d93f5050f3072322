import { randomBytes } from 'node:crypto'
import t from 'tap'
import { Secret } from '../../../src/core/secret.ts'
import { buildKeyRing } from '../../../src/core/session/seal.ts'
import {
  formId,
  newFormToken,
  openForm,
  openFormLink,
  readFormField,
  type SentForm,
  sealForm,
  sealFormLink,
} from '../../../src/core/session/sent-form.ts'

const first = new Secret('first-secret-of-more-than-thirty-two-bytes')
const second = new Secret('second-secret-of-more-than-thirty-two-bytes')
const ring = buildKeyRing([first])
const origin = 'https://wiki.example'
const form: SentForm = {
  origin,
  method: 'POST',
  target: '/orders?a=1',
  contentType: 'multipart/form-data; boundary=x',
  referer: `${origin}/orders/new`,
  body: Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  session: 'a'.repeat(64),
  owner: { account: 'b'.repeat(43), name: 'Zoë' },
}

t.test('a form opens by its token, at its origin, to the byte', async (t) => {
  const token = newFormToken(randomBytes)
  const sealed = sealForm(ring, token, form, randomBytes)
  t.same(openForm(ring, token, origin, sealed), form)
  t.same(openForm(buildKeyRing([second, first]), token, origin, sealed), form, 'under an older secret')
  const bare = { ...form, contentType: null, referer: null, owner: null, body: Buffer.alloc(0) }
  t.same(openForm(ring, token, origin, sealForm(ring, token, bare, randomBytes)), bare)
  t.equal(openForm(ring, newFormToken(randomBytes), origin, sealed), null, 'not as another')
  t.equal(openForm(ring, token, 'https://shop.example', sealed), null, 'not elsewhere')
  t.equal(openForm(buildKeyRing([second]), token, origin, sealed), null, 'not without the secret')
  t.equal(openForm(ring, token, origin, `${sealed}x`), null)
  t.notMatch(sealed, /orders/)
})

t.test('the session secret and the store together open no form: its token is part of the key', async (t) => {
  // Under one key and one nonce, the same text comes out the same, whatever is authenticated beside it.
  const once = (bytes: number) => Buffer.alloc(bytes, 7)
  const [one, other] = [newFormToken(randomBytes), newFormToken(randomBytes)].map((token) =>
    sealForm(ring, token, form, once).split('.'),
  )
  t.equal(one?.length, 5)
  t.not(one?.[3], other?.[3])
})

t.test('the store knows a form by the hash of its token', async (t) => {
  const token = newFormToken(randomBytes)
  t.equal(Buffer.from(token, 'base64url').length, 32)
  t.match(formId(token), /^[\w-]{43}$/)
  t.not(formId(token), token)
  t.not(newFormToken(randomBytes), token)
})

t.test('a link opens where it leads to, and at its origin alone', async (t) => {
  const link = { form: newFormToken(randomBytes), holder: 'h'.repeat(43) }
  const sealed = sealFormLink(ring, { origin, kind: 'page' }, link, randomBytes)
  t.same(openFormLink(ring, { origin, kind: 'page' }, sealed), link)
  t.equal(openFormLink(ring, { origin, kind: 'login' }, sealed), null)
  t.equal(openFormLink(ring, { origin: 'https://shop.example', kind: 'page' }, sealed), null)
  t.equal(openFormLink(ring, { origin, kind: 'page' }, 'x'), null)
})

t.test('the body of our page is read as browsers write it, and nothing else is taken for it', async (t) => {
  const read = (text: string) => readFormField(Buffer.from(text, 'latin1'))
  t.equal(read('claimgate-resume=a.b-c_D\r\n'), 'a.b-c_D')
  const others = [
    '',
    'claimgate-resume=a.b',
    'claimgate-resume=a\n',
    ' claimgate-resume=a\r\n',
    'claimgate-resume=\r\n',
  ]
  for (const other of [...others, 'claimgate-resume=a b\r\n', 'claimgate-resume=a\r\nx=y\r\n', 'x=a\r\n'])
    t.equal(read(other), null, JSON.stringify(other))
})
