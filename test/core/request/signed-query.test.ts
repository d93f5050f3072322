import { getCanonicalQuery } from '@smithy/signature-v4'
import t from 'tap'
import type { AwsSettings, LambdaSettings } from '../../../src/core/aws-settings.ts'
import type { App, Origin } from '../../../src/core/gateway.ts'
import { matchRoute } from '../../../src/core/request/route-match.ts'
import { signedQuery } from '../../../src/core/request/signed-query.ts'
import { readTarget, type Target, upstreamPath } from '../../../src/core/request/target.ts'
import { originOf } from '../../support/model.ts'

// How the query goes to whoever verifies what is signed, and which queries do not go.

const spellings: readonly (readonly [string, string])[] = [
  ['', ''],
  ['?', ''],
  ['?a=1', '?a=1'],
  ['?a', '?a='],
  ['?a=', '?a='],
  ['?=', '?='],
  ['?=v', '?=v'],
  ['?a=b=c', '?a=b%3Dc'],
  ['?a=1&b=2&a=1', '?a=1&b=2&a=1'],
  ['?b=2&a=1&b=1', '?b=2&a=1&b=1'],
  ['?a=1&&b=2', '?a=1&b=2'],
  ['?&a=1', '?a=1'],
  ['?a=1&', '?a=1'],
  ['?&&&', ''],
  ['?a=+', '?a=%20'],
  ['?a+b=c+d', '?a%20b=c%20d'],
  ['?a=%2B', '?a=%2B'],
  ['?a=%2b%2c', '?a=%2B%2C'],
  ['?%61=%7E%2D%2E%5F', '?a=~-._'],
  ["?a=!'()*", '?a=%21%27%28%29%2A'],
  ['?a=/:@,;$?', '?a=%2F%3A%40%2C%3B%24%3F'],
  ['?next=https://e.example/?x=1%262', '?next=https%3A%2F%2Fe.example%2F%3Fx%3D1%262'],
  ['?a[]=1&a[]=2', '?a%5B%5D=1&a%5B%5D=2'],
  ['?n=%C3%BCber', '?n=%C3%BCber'],
  ['?n=%c3%bc%F0%9f%98%80', '?n=%C3%BC%F0%9F%98%80'],
  ['?%00=%0D%0A', '?%00=%0D%0A'],
  ['?a;b', '?a%3Bb='],
  ['?a=1;b=2', '?a=1%3Bb%3D2'],
  ['?%EF%BB%BFa=1', '?%EF%BB%BFa=1'],
  ['?__proto__=1&constructor=2', '?__proto__=1&constructor=2'],
  ['?my-x-amz-date=1', '?my-x-amz-date=1'],
  ['?a=X-Amz-Date', '?a=X-Amz-Date'],
  ['?x_amz_date=1&xamz-=2&X-Amz=3', '?x_amz_date=1&xamz-=2&X-Amz=3'],
  ['?a%26b=c%26d', '?a%26b=c%26d'],
]

t.test('each name and value is spelled as who signs spells it', async (t) => {
  for (const [query, spelled] of spellings) {
    t.same(signedQuery(query), { ok: true, query: spelled }, query)
    t.same(signedQuery(spelled), { ok: true, query: spelled }, `${spelled}, once more`)
  }
})

const undecodable = [
  ...['?a=%', '?%', '?a=%4', '?a=%zz', '?a=%%41', '?a=1&b=%G0', '?%2=1', '?a=%u0041'],
  // No UTF-8: a lone byte, a cut sequence, overlong, a surrogate, beyond Unicode.
  ...['?a=%FF', '?a=%C3', '?a=%C0%AF', '?%E0%80%80', '?a=%ED%A0%80', '?a=%F4%90%80%80', '?a=%80'],
]

t.test('what cannot be decoded in one way is refused', async (t) => {
  for (const query of undecodable)
    t.same(signedQuery(query), { ok: false, reason: 'query-undecodable' }, query)
})

const reserved = [
  ...['?X-Amz-Date=1', '?x-amz-date=1', '?X-AMZ-SIGNATURE', '?x-Amz-=1', '?a=1&X-Amz-Security-Token=t'],
  ...['?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=x', '?%58-Amz-Date=1', '?X%2DAmz%2dDate=1'],
  ...['?%78%2d%61%6D%7a%2Ddate=1', '?X%252DAmz-Date=1', '?X%25252DAmz-Date=1', '?%2578-amz-date'],
  ...['?+X-Amz-Date=1', '?%20X-Amz-Date', '?%09x-amz-date=1', '?%00X-Amz-Date=1', '?%0D%0Ax-amz-date=1'],
  ...['?&&X-Amz-Date=1', '?%C2%A0X-Amz-Date=1', '?%EF%BB%BFX-Amz-Date=1'],
  // What stands behind cannot be decoded once more: readers that repair it read the beginning all the same.
  ...['?%2558-Amz-Date%25zz=1', '?X%252DAmz-Date%25=1', '?%2558-amz-x%25FF=1', '?%25252578-amz-%252525G0'],
  ...['?%25C2%25A0%2558-amz-date%25=1', '?%2B%2558-amz-date%25=1'],
]

t.test('a parameter that could be a part of a signature is refused, however it is spelled', async (t) => {
  for (const query of reserved) t.same(signedQuery(query), { ok: false, reason: 'query-reserved' }, query)
})

t.test('so far as anybody could decode it: three times more', async (t) => {
  const encoded = (times: number) => `?${'%'.padEnd(1 + 2 * times, '25')}78-amz-date=1`
  t.equal(encoded(1), '?%2578-amz-date=1')
  for (const times of [0, 1, 2, 3])
    t.same(signedQuery(encoded(times)), { ok: false, reason: 'query-reserved' }, `${times} times more`)
  t.ok(signedQuery(encoded(4)).ok)
})

/** Numbers of a sequence that is the same each time (mulberry32). */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const bits = [
  ...['&', '&', '&', '=', '=', '=', '+', '%20', '%2B', '%26', '%3D', '%25', '%', '%2', '%zz', '%FF', '%C3'],
  ...[
    'a',
    'b',
    'Z',
    '9',
    '-',
    '.',
    '_',
    '~',
    '!',
    "'",
    '(',
    ')',
    '*',
    '/',
    '?',
    ':',
    ';',
    ',',
    '[',
    ']',
    '|',
  ],
  ...['%C3%BC', '%c3%a9', '%E2%82%AC', '%F0%9F%98%80', '%00', '%0d%0a', '%ED%A0%80', '%41', '%7e', 'name'],
  ...['X-Amz-', 'x-amz-', '%58-Amz-', 'X%2DAmz-', '$', '@', '"', '<', '{', '`', '^', '\\', 'value', 'aa'],
]

function generated(count: number): readonly string[] {
  const below = numbersFrom(14)
  return Array.from({ length: count }, () => {
    const length = below(14)
    // The rare bits that are refused are taken rarely, or hardly a query would be let in.
    const pick = () => {
      const bit = bits[below(bits.length)] ?? ''
      return /^(?:%|%2|%zz|%FF|%C3|%ED%A0%80|.*[Xx58D-]+.*Amz-|x-amz-)$/.test(bit) && below(8) > 0 ? 'k' : bit
    }
    return `?${Array.from({ length }, pick).join('')}`
  })
}

const queries = generated(10_000)

/** By readers of others, who know nothing of ours: broken escapes, then bytes that are no UTF-8. */
function canBeDecoded(query: string): boolean {
  if (/%(?![0-9A-Fa-f]{2})/.test(query)) return false
  const bytes = Buffer.from(
    query.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
  // Sequences do not run over what separates, which is ASCII.
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

function isReservedToSomebody(query: string): boolean {
  return [...new URLSearchParams(query).keys()].some((name) => /^[\s\0]*x-amz-/i.test(decodedOften(name)))
}

function decodedOften(name: string): string {
  let read = name
  for (let i = 0; i < 4; i++) {
    try {
      const next = decodeURIComponent(read)
      if (/^[\s\0]*x-amz-/i.test(read)) return read
      read = next
    } catch {
      return read
    }
  }
  return read
}

t.test('of ten thousand queries each is refused, or says in one spelling what it said', async (t) => {
  let letIn = 0
  const found: string[] = []
  for (const query of queries) {
    const reading = signedQuery(query)
    if (!reading.ok) {
      const isRight =
        reading.reason === 'query-undecodable' ? !canBeDecoded(query) : isReservedToSomebody(query)
      if (!isRight) found.push(`${query}: refused as ${reading.reason}`)
      continue
    }
    letIn += 1
    const { query: spelled } = reading
    const again = signedQuery(spelled)
    if (!again.ok || again.query !== spelled) found.push(`${query}: another spelling the second time`)
    if (!canBeDecoded(query) || isReservedToSomebody(query)) found.push(`${query}: let in`)
    if (!/^(?:\?(?:[A-Za-z0-9\-._~&=]|%[0-9A-F]{2})+)?$/.test(spelled)) found.push(`${query}: ${spelled}`)
    const before = JSON.stringify([...new URLSearchParams(query)])
    if (JSON.stringify([...new URLSearchParams(spelled)]) !== before)
      found.push(`${query}: says another thing`)
  }
  t.same(found, [])
  t.ok(letIn > 5000 && letIn < 9500, `both happen: ${letIn} were let in`)
})

t.test('AWS’s own signer signs the very text that is sent', async (t) => {
  const differ = queries.flatMap((query) => {
    const reading = signedQuery(query)
    if (!reading.ok) return []
    const parameters: Record<string, string | string[]> = Object.create(null)
    for (const [name, value] of new URLSearchParams(query)) {
      const known = parameters[name]
      parameters[name] = known === undefined ? value : [known, value].flat()
    }
    const theirs = getCanonicalQuery({
      method: 'GET',
      protocol: 'https:',
      hostname: 'h',
      path: '/',
      headers: {},
      query: parameters,
    })
    // Signers sort, by the name and then by the value; the wire keeps the order.
    const pairs = reading.query.slice(1).split('&')
    const ours = pairs.sort(byNameThenValue).join('&')
    return theirs === ours ? [] : [{ query, theirs, ours }]
  })
  t.same(differ, [])
})

function byNameThenValue(one: string, other: string): number {
  const [name = '', value = ''] = one.split('=')
  const [otherName = '', otherValue = ''] = other.split('=')
  return compare(name, otherName) || compare(value, otherValue)
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}

const aws: AwsSettings = {
  service: 'execute-api',
  region: 'eu-west-1',
  credentials: { given: null, role: null, region: 'eu-west-1' },
}
const lambda: LambdaSettings = { functionName: 'wiki', payload: '2.0', streaming: false }

/** The one app of an origin, with another way to it. */
function originBy(way: Partial<App['upstream']>): Origin {
  const origin = originOf('https://api.example.com')
  return { ...origin, apps: origin.apps.map((app) => ({ ...app, upstream: { ...app.upstream, ...way } })) }
}

function targetOf(url: string): Target {
  const reading = readTarget(url)
  if (!reading.ok) throw new Error(reading.reason)
  return reading.target
}

t.test('only where requests are signed a query is refused, or spelled anew', async (t) => {
  const plain = originBy({})
  const signed = originBy({ aws })
  const invoked = originBy({ aws, lambda: { ...lambda, payload: '2.0' } })
  const pathAt = (origin: Origin, url: string) => {
    const match = matchRoute(origin, targetOf(url), 'GET')
    return match.kind === 'app' ? upstreamPath(match.app, targetOf(url)) : match.reason
  }
  const decoding = originBy({ aws, lambda: { ...lambda, payload: '1.0' } })
  t.equal(pathAt(decoding, '/a?b=%FF&c'), 'query-undecodable', 'its parameters are told decoded')
  t.equal(pathAt(decoding, '/a?X-Amz-Date=1&c=%zz'), 'query-undecodable')
  t.equal(pathAt(decoding, '/a?X-Amz-Date=1&b+c&&d=%C3%A9'), '/a?X-Amz-Date=1&b+c&&d=%C3%A9', 'as it came')
  for (const origin of [plain, invoked])
    for (const url of ['/a?X-Amz-Date=1', '/a?b=%FF&c', '/a?b+c&&d'])
      t.equal(pathAt(origin, url), url, 'as it came')
  t.equal(pathAt(signed, '/a?X-Amz-Date=1'), 'query-reserved')
  t.equal(pathAt(signed, '/a?b=%FF&c'), 'query-undecodable')
  t.equal(pathAt(signed, '/a?b+c&&d'), '/a?b%20c=&d=')
  t.equal(pathAt(signed, '/a+b?'), '/a+b')
  for (const app of signed.apps)
    t.throws(() => upstreamPath(app, targetOf('/a?%')), /cannot be signed/, 'never sent as it came')
})
