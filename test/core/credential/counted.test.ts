import t from 'tap'
import { countedCredential } from '../../../src/core/credential/counted.ts'
import type { Credential } from '../../../src/core/credential/credential.ts'
import type { Presented } from '../../../src/core/credential/presented.ts'

const key = { prefix: 'cg', id: 'i'.repeat(16), secret: 's'.repeat(43) }
const all = {
  bearerKey: { kind: 'key', by: 'bearer', key },
  basicKey: { kind: 'key', by: 'basic', key },
  headerKey: { kind: 'key', by: 'key-header', key },
  mistyped: { kind: 'ours-malformed', by: 'bearer' },
  mistypedBasic: { kind: 'ours-malformed', by: 'basic' },
  mistypedHeader: { kind: 'ours-malformed', by: 'key-header' },
  jwt: { kind: 'token', by: 'bearer', token: 'a.b.c' },
  opaque: { kind: 'token', by: 'bearer', token: 'abc' },
  foreignBearer: { kind: 'foreign', by: 'bearer' },
  foreignBasic: { kind: 'foreign', by: 'basic' },
  foreignHeader: { kind: 'foreign', by: 'key-header' },
  shortToken: { kind: 'short-token', by: 'bearer', of: 'api_key', token: 'cgt_kx' },
  shortTokenInHeader: { kind: 'short-token', by: 'key-header', of: 'api_key', token: 'cgt_kx' },
  widgetToken: { kind: 'short-token', by: 'bearer', of: 'widget', token: 'cgt_wx' },
  widgetTokenInHeader: { kind: 'short-token', by: 'key-header', of: 'widget', token: 'cgt_wx' },
  pair: { kind: 'pair', by: 'basic', id: 'a', secret: 'b' },
  digest: { kind: 'other-scheme', by: null },
} as const satisfies Readonly<Record<string, Presented>>

type Name = keyof typeof all

function told(listed: readonly Credential[], ...names: readonly Name[]): string {
  const counted = countedCredential(
    listed,
    names.map((name) => all[name]),
  )
  switch (counted.kind) {
    case 'ambient':
    case 'ambiguous':
      return counted.kind
    case 'header':
      return counted.credential
    case 'refused':
      return `${counted.why}`
  }
}

const lists = {
  session: ['session'],
  bearer: ['session', 'bearer'],
  keys: ['session', 'api_key'],
  both: ['bearer', 'api_key'],
} as const

t.test('one credential, by what the location lists', async (t) => {
  const rows: readonly (readonly [Name, string, string, string])[] = [
    //                  bearer                    api_key                 both
    ['bearerKey', 'credential-not-accepted', 'api_key', 'api_key'],
    ['basicKey', 'credential-not-accepted', 'api_key', 'api_key'],
    ['headerKey', 'credential-not-accepted', 'api_key', 'api_key'],
    ['mistyped', 'credential-not-accepted', 'key-invalid', 'key-invalid'],
    ['mistypedBasic', 'credential-not-accepted', 'key-invalid', 'key-invalid'],
    ['mistypedHeader', 'credential-not-accepted', 'key-invalid', 'key-invalid'],
    ['jwt', 'bearer', 'credential-unknown', 'bearer'],
    ['opaque', 'bearer', 'credential-unknown', 'bearer'],
    ['foreignBearer', 'credential-unknown', 'credential-unknown', 'credential-unknown'],
    ['foreignBasic', 'ambient', 'credential-unknown', 'credential-unknown'],
    ['foreignHeader', 'ambient', 'credential-unknown', 'credential-unknown'],
    ['shortToken', 'credential-not-accepted', 'api_key', 'api_key'],
    ['shortTokenInHeader', 'credential-not-accepted', 'api_key', 'api_key'],
    ['widgetToken', 'credential-not-accepted', 'credential-not-accepted', 'credential-not-accepted'],
    ['widgetTokenInHeader', 'credential-not-accepted', 'credential-not-accepted', 'credential-not-accepted'],
    ['pair', 'ambient', 'credential-unknown', 'credential-unknown'],
    ['digest', 'ambient', 'ambient', 'ambient'],
  ]
  for (const [name, bearer, keys, both] of rows) {
    t.equal(told(lists.session, name), 'ambient', `${name}, session`)
    t.equal(told(lists.bearer, name), bearer, `${name}, bearer`)
    t.equal(told(lists.keys, name), keys, `${name}, api_key`)
    t.equal(told(lists.both, name), both, `${name}, both`)
  }
})

t.test('one credential, by what else a location lists', async (t) => {
  const rows: readonly (readonly [Name, string, string, string, string])[] = [
    //               exchange, widget, exchange with api_key, client_certificate
    ['bearerKey', 'credential-not-accepted', 'credential-not-accepted', 'api_key', 'ambient'],
    ['basicKey', 'credential-not-accepted', 'credential-not-accepted', 'api_key', 'ambient'],
    ['mistyped', 'credential-not-accepted', 'key-invalid', 'key-invalid', 'ambient'],
    ['mistypedBasic', 'credential-not-accepted', 'key-invalid', 'key-invalid', 'ambient'],
    ['shortToken', 'credential-not-accepted', 'credential-not-accepted', 'api_key', 'ambient'],
    ['widgetToken', 'credential-not-accepted', 'widget', 'credential-not-accepted', 'ambient'],
    ['widgetTokenInHeader', 'credential-not-accepted', 'widget', 'credential-not-accepted', 'ambient'],
    ['pair', 'exchange', 'ambient', 'exchange', 'ambient'],
    ['foreignBasic', 'credential-unknown', 'ambient', 'credential-unknown', 'ambient'],
    ['foreignHeader', 'ambient', 'ambient', 'credential-unknown', 'ambient'],
    ['jwt', 'ambient', 'credential-unknown', 'credential-unknown', 'ambient'],
    ['opaque', 'ambient', 'credential-unknown', 'credential-unknown', 'ambient'],
    ['digest', 'ambient', 'ambient', 'ambient', 'ambient'],
  ]
  for (const [name, exchange, widget, withKeys, certificate] of rows) {
    t.equal(told(['session', 'exchange'], name), exchange, `${name}, exchange`)
    t.equal(told(['session', 'widget'], name), widget, `${name}, widget`)
    t.equal(told(['exchange', 'api_key'], name), withKeys, `${name}, exchange and api_key`)
    t.equal(told(['session', 'client_certificate'], name), certificate, `${name}, client_certificate`)
  }
})

t.test('two are none, where they are looked at', async (t) => {
  for (const first of Object.keys(all) as Name[])
    for (const second of Object.keys(all) as Name[]) {
      const ours = (name: Name) => ['key', 'short-token', 'ours-malformed'].includes(all[name].kind)
      const inHeader = (name: Name) => all[name].by === 'key-header'
      const names = `${first} and ${second}`
      t.equal(told(lists.session, first, second), 'ambient', `${names}: nobody looks`)
      const lookedAt = (name: Name) => all[name].by !== null
      const isTwo = (lookedAt(first) && lookedAt(second)) || (!inHeader(first) && !inHeader(second))
      t.equal(told(lists.both, first, second) === 'ambiguous', isTwo, names)
      if (inHeader(first) && !ours(first) && second === 'jwt')
        t.equal(
          told(lists.bearer, first, second),
          'bearer',
          `${names}: the app’s own header is no credential`,
        )
    }
})

t.test('nothing was sent', async (t) => {
  for (const listed of Object.values(lists)) t.equal(told(listed), 'ambient')
})
