import t from 'tap'
import { claimedName, displayName } from '../../src/core/display-name.ts'
import type { Claims } from '../../src/core/rules/claims.ts'

const settings = {
  displayName: ['name', 'preferred_username', 'email'],
  trustEmail: false,
  preset: 'generic' as const,
}

const named = (name: string) => claimedName({ name }, settings)
const characters = (text: string) => [...text].length

t.test('a person is called by the first claim that has something to see in it', async (t) => {
  const email = { email: 'ada@example.com', email_verified: true }
  const rows: readonly (readonly [Claims, string | null])[] = [
    [{ name: 'Ada', preferred_username: 'ada', ...email }, 'Ada'],
    [{ preferred_username: 'ada', ...email }, 'ada'],
    [{ name: null, preferred_username: '', ...email }, 'ada@example.com'],
    [{ name: ' \t\u00a0', preferred_username: '\u200b\u202e\u2066', ...email }, 'ada@example.com'],
    [{ name: ['Ada'], preferred_username: 7, email: true, email_verified: true }, null],
    [{ name: { first: 'Ada' }, preferred_username: false }, null],
    [{ ...email, email_verified: false }, null],
    [{ email: 'ada@example.com' }, null],
    [{}, null],
  ]
  for (const [claims, expected] of rows) {
    t.equal(claimedName(claims, settings), expected, JSON.stringify(claims))
  }
  const nested = { ...settings, displayName: ['profile.full', 'profile.short'] }
  t.equal(claimedName({ name: 'Ada', profile: { short: 'A.' } }, nested), 'A.')
  t.equal(claimedName({ email: 'a@b.example' }, { ...settings, trustEmail: true }), 'a@b.example')
  t.equal(claimedName({ name: 'Ada' }, { ...settings, displayName: [] }), null)
})

t.test('a name is one line, without what steers a line or is not seen', async (t) => {
  const rows: readonly (readonly [string, string | null])[] = [
    ['Ada Lovelace', 'Ada Lovelace'],
    ['  Ada \r\n\t Lovelace\u2028\u2029\u0085x ', 'Ada Lovelace x'],
    ['A\u0000d\u001b[31ma\u007f\u009b', 'Ad[31ma'],
    ['\u202eAda\u202c \u2067x\u2069\u200e\u200f\u061c', 'Ada x'],
    ['A\u00add\u2060a\ufeff', 'Ada'],
    ['Ada\u{e0041}\u{e0042}', 'Ada'],
    ['\u3164\uffa0\u115f\u2800', null],
    ['Ada\ud83d', 'Ada'],
    ['\udc00Ada', 'Ada'],
    ['A\ufe0fd\u034fa', 'Ada'],
    ['\ue000Ada\u{f0000}', 'Ada'],
    ['\u0301\u0301Ada', 'Ada'],
    ['Jose\u0301', 'José'],
    ['José Ñandú Żółć Đặng 李小龍 אֲנִי สวัสดี', 'José Ñandú Żółć Đặng 李小龍 אֲנִי สวัสดี'],
  ]
  for (const [at, [name, expected]] of rows.entries()) t.equal(named(name), expected, `row ${at}`)
})

t.test('a joiner stays where writing needs it, and hides nothing elsewhere', async (t) => {
  const rows: readonly (readonly [string, string])[] = [
    ['\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645', '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645'],
    ['\u0915\u094d\u200d\u0937', '\u0915\u094d\u200d\u0937'],
    ['A\u200dd\u200ca', 'Ada'],
    ['Ada\u200d', 'Ada'],
    ['\u200cAda', 'Ada'],
    ['\u0915\u094d\u200d\u200d\u200d\u0937', '\u0915\u094d\u0937'],
  ]
  for (const [at, [name, expected]] of rows.entries()) t.equal(named(name), expected, `row ${at}`)
})

t.test('marks do not pile up, joined or not', async (t) => {
  const marks = (text: string | null) => text?.match(/\p{M}/gu)?.length ?? 0
  t.ok(marks(named(`q${'\u0335'.repeat(300)}`)) <= 4)
  t.ok(marks(named(`q${'\u0335\u200d'.repeat(300)}`)) <= 4)
  t.ok(marks(named(`q${'\u0335\u200b'.repeat(300)}`)) <= 4)
  t.ok(marks(named(`\u0915${'\u0335\u200d'.repeat(300)}`)) <= 4)
})

t.test('a long name is cut at 64 characters, and no character is cut in two', async (t) => {
  const full = 'x'.repeat(64)
  t.equal(named(full), full)
  t.equal(named(`${full}y`), `${'x'.repeat(63)}…`)
  t.equal(named(`${'x'.repeat(62)} yyy`), `${'x'.repeat(62)}…`, 'no blank before the sign')
  t.equal(named('👩'.repeat(100)), `${'👩'.repeat(63)}…`)
  // A flag is two characters that are one.
  t.equal(named('🇩🇪'.repeat(100)), `${'🇩🇪'.repeat(31)}…`)
  const clusters = named(`${'x'.repeat(61)}q\u0335\u0336\u0337${'y'.repeat(9)}`)
  t.equal(clusters, `${'x'.repeat(61)}…`, 'a letter with its marks goes as a whole')
  for (const unit of ['क्', 'ab\u0301', 'a\u0335', '\ud83d', '가', '\u1100']) {
    const name = named(unit.repeat(5000)) ?? ''
    t.ok(characters(name) <= 64 && name.isWellFormed(), JSON.stringify(unit))
  }
})

t.test('whoever has no name is called by the user id, cut in the middle', async (t) => {
  t.equal(displayName({ name: 'Ada' }, settings, 'u-1'), 'Ada')
  t.equal(displayName({}, settings, 'u-1'), 'u-1')
  const url = 'https://login.salesforce.example.com/id/00D5e000000HEcPEAW/0055e00000A1b2CAAR'
  t.equal(displayName({}, settings, url), 'https://login.salesforce.exampl…00000HEcPEAW/0055e00000A1b2CAAR')
  t.equal(displayName({}, settings, url).length, 63)
  t.equal(displayName({}, settings, '🇩🇪'.repeat(50)), `${'🇩🇪'.repeat(15)}…${'🇩🇪'.repeat(15)}`)
  t.equal(displayName({}, settings, 'x\u202ey'), 'xy')
  t.equal(displayName({}, settings, '\u200b'), '?')
})
