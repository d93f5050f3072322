import { randomBytes } from 'node:crypto'
import t from 'tap'
import { newKeyId } from '../../../src/core/keys/key-form.ts'
import {
  decodeFilled,
  encodeFilled,
  openFilled,
  openKeyForm,
  sealFilled,
  sealKeyForm,
} from '../../../src/core/keys/own-key-form.ts'
import { limits } from '../../../src/core/limits/table.ts'
import { Secret } from '../../../src/core/secret.ts'
import { buildKeyRing } from '../../../src/core/session/seal.ts'

const now = 1_900_000_000
const ring = buildKeyRing([new Secret('c'.repeat(32))])
const of = { origin: 'https://portal.example', session: 'a'.repeat(64) }

t.test('a form is that of the session and the origin to which it was shown, for a while', async (t) => {
  const keyId = newKeyId(randomBytes)
  const form = sealKeyForm(ring, of, { keyId, now }, randomBytes)
  t.equal(openKeyForm(ring, of, form, now), keyId)
  t.equal(openKeyForm(ring, of, form, now + limits.ownKeyFormSeconds - 1), keyId)
  t.equal(openKeyForm(ring, of, form, now + limits.ownKeyFormSeconds), null)
  t.equal(openKeyForm(ring, of, form, now - 60), keyId, 'clocks of instances differ')
  t.equal(openKeyForm(ring, of, form, now - 61), null)
  t.equal(openKeyForm(ring, { ...of, session: 'b'.repeat(64) }, form, now), null)
  t.equal(openKeyForm(ring, { ...of, origin: 'https://api.example' }, form, now), null)
  const others = buildKeyRing([new Secret('o'.repeat(32))])
  t.equal(openKeyForm(others, of, form, now), null)
  for (const made of ['', 'x', form.slice(1), `${form}x`, sealFilled(ring, of, '[]', randomBytes)])
    t.equal(openKeyForm(ring, of, made, now), null, made)
})

t.test('what was filled in comes back to the session that its sign-in began, and to no other', async (t) => {
  const filled = { kind: 'make', name: 'Läptop "1"', expires: '30d', origins: 'https://a.example' } as const
  const sealed = sealFilled(ring, of, encodeFilled(filled), randomBytes)
  t.same(openFilled(ring, of, sealed), filled)
  t.equal(openFilled(ring, { ...of, session: 'b'.repeat(64) }, sealed), null)
  t.equal(openFilled(ring, { ...of, origin: 'https://api.example' }, sealed), null)
  const form = sealKeyForm(ring, of, { keyId: newKeyId(randomBytes), now }, randomBytes)
  for (const made of ['', 'x', form]) t.equal(openFilled(ring, of, made), null)
})

t.test('too much is left out, and nothing else is taken for it', async (t) => {
  const rotate = { kind: 'rotate', id: 'cg_8Fh2', overlap: '7d' } as const
  t.same(decodeFilled(encodeFilled(rotate)), rotate)
  const most = {
    kind: 'make',
    name: 'n',
    expires: '30d',
    origins: 'x'.repeat(limits.filledKeyFormBytes),
  } as const
  t.equal(encodeFilled(most), '')
  for (const text of [
    '',
    '[]',
    '{}',
    '["make"]',
    '["make","a","b"]',
    '["revoke","a","b"]',
    '["rotate","a",1]',
  ])
    t.equal(decodeFilled(text), null, text)
})
