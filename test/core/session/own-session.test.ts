import { randomBytes } from 'node:crypto'
import { test } from 'tap'
import { Secret } from '../../../src/core/secret.ts'
import { allOthers, isNamed, nameOfOther } from '../../../src/core/session/own-session.ts'
import { createRecordSeal } from '../../../src/core/session/record-seal.ts'
import { buildKeyRing } from '../../../src/core/session/seal.ts'

const [first, second] = [new Secret('f'.repeat(32)), new Secret('s'.repeat(32))]
const before = createRecordSeal(() => buildKeyRing([first]), randomBytes)
const rotated = createRecordSeal(() => buildKeyRing([second, first]), randomBytes)
const after = createRecordSeal(() => buildKeyRing([second]), randomBytes)
const [own, other, third] = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as [string, string, string]

test('a name means one other session, or all of them, and only for the session it was made for', async (t) => {
  const name = nameOfOther(before, own, other)
  t.match(name, /^[\w-]{43}$/)
  t.ok(isNamed(before, name, { own, other }))
  t.notOk(isNamed(before, name, { own, other: third }))
  t.notOk(isNamed(before, name, { own: third, other }))
  t.notOk(isNamed(before, name, { own: other, other: own }), 'not the other way round')
  t.notOk(isNamed(before, name, { own, other: allOthers }))
  t.ok(isNamed(before, nameOfOther(before, own, allOthers), { own, other: allOthers }))
  for (const text of ['', other, own, allOthers, `${name}A`, name.slice(1)])
    t.notOk(isNamed(before, text, { own, other }), text)
})

test('a page that stood open while the secret changed still works, as long as the old one opens', async (t) => {
  const name = nameOfOther(before, own, other)
  t.ok(isNamed(rotated, name, { own, other }))
  t.notOk(isNamed(after, name, { own, other }))
  t.not(nameOfOther(rotated, own, other), name)
})
