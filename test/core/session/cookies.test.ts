import t from 'tap'
import type { CookieNames } from '../../../src/core/gateway.ts'
import {
  ownCookies,
  ownsSetCookie,
  sessionCookie,
  sessionCookies,
  stripOwnCookies,
  transactionCookies,
} from '../../../src/core/session/cookies.ts'

const gate = '__Host-claimgate'
const names: CookieNames = {
  session: gate,
  transactionPrefix: '__Host-claimgate-tx-',
  secure: true,
  sameSite: 'Lax',
}
const otherPort: CookieNames = {
  session: '__Host-claimgate-8443',
  transactionPrefix: '__Host-claimgate-8443-tx-',
  secure: true,
  sameSite: 'Lax',
}
const own = ownCookies([{ cookies: names }, { cookies: names }, { cookies: otherPort }])

function read(header: string | undefined): string | null | undefined {
  const reading = sessionCookie(header, gate)
  return reading.kind === 'one' ? reading.value : reading.kind === 'none' ? null : undefined
}

t.test('the session cookie is found among others, its value taken as it stands', async (t) => {
  const cases: readonly (readonly [string | undefined, string | null])[] = [
    [undefined, null],
    ['', null],
    [`${gate}=abc`, 'abc'],
    [`a=1; ${gate}=abc; b=2`, 'abc'],
    [`a=1;${gate}=abc`, 'abc'],
    [`${gate}=`, ''],
    [`${gate}=a=b==`, 'a=b=='],
    [`${gate}=%41`, '%41'],
    [`${gate}="abc"`, '"abc"'],
    [`${gate}-tx-1=x; ${gate}-8443=y`, null],
    [`a=${gate}=x`, null],
    [`x${gate}=x`, null],
    [gate, null],
    [`=${gate}=x`, null],
    [`${gate} =x`, null],
  ]
  for (const [header, value] of cases) t.equal(read(header), value, String(header))
})

t.test('for a sign-out every value of the name is found, each once', async (t) => {
  t.same(sessionCookies(`${gate}=a; x=1; ${gate}=b;${gate}=a; ${gate}2=c; x${gate}=d`, gate), ['a', 'b'])
  t.same(sessionCookies(undefined, gate), [])
})

t.test('S-152: more than one value of our name is ambiguous, also when they are equal', async (t) => {
  for (const header of [
    `${gate}=good; ${gate}=bad`,
    `${gate}=bad; a=1; ${gate}=good`,
    `${gate}=x;${gate}=x`,
    `${gate}=; ${gate}=x`,
  ]) {
    t.equal(read(header), undefined, header)
  }
  t.equal(
    read(`__HOST-claimgate=evil; ${gate}=good; __host-claimgate=evil`),
    'good',
    'other cases are other names',
  )
})

t.test('S-153: no Unicode trimming and no legacy syntax', async (t) => {
  t.equal(read(`\u00e2\u0080\u0080${gate}=evil`), null, 'the bytes of U+2000')
  t.equal(read(`\u00a0${gate}=evil`), null)
  t.equal(read(`a=1;\t${gate}=evil`), null)
  t.equal(read(`\t${gate}=evil; ${gate}=good`), 'good')
  t.equal(read(`$Version=1; ${gate}="evil"`), '"evil"', 'a quoted value is not unquoted')
  t.equal(read(`a="x; ${gate}=inside; y"`), 'inside', 'a quote does not hide a pair')
})

t.test('S-154: chunk names mean nothing here', async (t) => {
  t.equal(read(`${gate}.0=a; ${gate}.1=b; ${gate}_chunks=99999999; ${gate}.__proto__=x`), null)
})

t.test('transaction cookies are listed as they came', async (t) => {
  t.same(transactionCookies(undefined, names), [])
  t.same(transactionCookies(`a=1; ${gate}=s`, names), [])
  t.same(transactionCookies(`${gate}-tx-1=x; a=${gate}-tx-9=no; ${gate}-tx-2=y=; ${gate}-tx-1=z`, names), [
    { name: `${gate}-tx-1`, value: 'x' },
    { name: `${gate}-tx-2`, value: 'y=' },
    { name: `${gate}-tx-1`, value: 'z' },
  ])
  t.same(transactionCookies(`${gate}-8443-tx-1=x; ${gate}-tx-1`, names), [], 'not those of another port')
})

t.test("S-150: the app gets its own cookies byte for byte, and none of the gateway's", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    [`a=1; ${gate}=S; ${gate}-tx-1=X; b=2`, 'a=1; b=2'],
    [`${gate}=S; a=1`, 'a=1'],
    [`${gate}=S;  a= `, 'a= '],
    [`a=1; ${gate}=S`, 'a=1'],
    [`${gate}=S`, ''],
    [`${gate}=S; ${gate}=T`, ''],
    [`${gate}=S; `, ''],
    [`${gate}-8443=S; a=1; ${gate}-8443-tx-zz=T`, 'a=1'],
    [`a=1;${gate}=S;b=2`, 'a=1;b=2'],
    [`a=1;\t${gate}=S`, 'a=1'],
    [`a=1; ${gate} =S; =${gate}=S; ${gate}`, 'a=1'],
    [`${gate}.0=T; __HOST-claimgate=x`, `${gate}.0=T; __HOST-claimgate=x`],
    [`a=${gate}=x; x${gate}=y`, `a=${gate}=x; x${gate}=y`],
    [` a=${gate}=x`, ` a=${gate}=x`],
    [` \ta=1; ${gate}=S`, 'a=1'],
    [`;a=1; ${gate}=S`, ';a=1'],
    [`;;${gate}=S`, ';'],
    [`${gate}=S;;`, ';'],
    [`= =\u00a0= ${gate}\u00a0=S; a=1`, 'a=1'],
  ]
  for (const [header, rest] of cases) t.equal(stripOwnCookies(header, own), rest, header)
})

t.test('S-150, S-251: pieces and marks of sessions in the browser are ours under every store', async (t) => {
  for (const name of [`${gate}-p2`, `${gate}-ended`, `${gate}-8443-p2`, `${gate}-8443-ended`]) {
    t.equal(stripOwnCookies(`a=1; ${name}=S; b=2`, own), 'a=1; b=2', name)
    t.equal(stripOwnCookies(`${name}=S; =${name}=T`, own), '', name)
    t.ok(ownsSetCookie(`${name}=x; Path=/; Secure`, own), name)
    t.ok(ownsSetCookie(`${name}=; Max-Age=0`, own), name)
    t.ok(ownsSetCookie(` =${name}`, own), name)
  }
  for (const name of [`${gate}-p3`, `${gate}-p22`, `${gate}-80-p2`, `${gate}-2`, `${gate}-end`, 'p2']) {
    t.equal(stripOwnCookies(`${name}=S`, own), `${name}=S`, name)
    t.notOk(ownsSetCookie(`${name}=x`, own), name)
  }
})

t.test('no cookie of one origin has the name of one of another origin on the host', async (t) => {
  const ports = ['', '-2', '-80', '-8443', '-65535']
  const all = ports.flatMap((port) => {
    const session = `${gate}${port}`
    const { sessions, besides, transactionPrefixes } = ownCookies([
      { cookies: { ...names, session, transactionPrefix: `${session}-tx-` } },
    ])
    return [...sessions, ...besides, ...transactionPrefixes]
  })
  t.equal(new Set(all).size, ports.length * 4)
  for (const one of all)
    for (const prefix of all.filter((name) => name.endsWith('-tx-') && name !== one))
      t.notOk(one.startsWith(prefix), `${one} below ${prefix}`)
})

t.test('S-151: odd cookies of the app keep their bytes', async (t) => {
  const odd = `c="x;y"; d=%zz; e=\u00e9; =noname; f; ; g==;h= "; `
  t.equal(stripOwnCookies(odd, own), odd)
  t.equal(stripOwnCookies(`${odd}${gate}=S; z=1`, own), `${odd.slice(0, -1)} z=1`)
  const many = Array.from({ length: 300 }, (_, i) => `n${i}=v`).join('; ')
  t.equal(stripOwnCookies(`${many}; ${gate}=S`, own), many)
})

t.test('S-251: the upstream cannot set, overwrite or delete our cookies', async (t) => {
  for (const value of [
    `${gate}=evil; Path=/; Secure`,
    `${gate}=; Max-Age=0`,
    `${gate}-tx-1=x`,
    `${gate}-8443=x`,
    ` ${gate}=x`,
    `\t${gate} =x; Path=/`,
    `=${gate}=x`,
    ` = ${gate}=x`,
    gate,
    `${gate};Path=/`,
  ]) {
    t.equal(ownsSetCookie(value, own), true, JSON.stringify(value))
  }
  for (const value of ['a=1', `a=${gate}`, `a=1; Comment=${gate}=x`, `x${gate}=1`, '', '=', `${gate}s=1`]) {
    t.equal(ownsSetCookie(value, own), false, JSON.stringify(value))
  }
})
