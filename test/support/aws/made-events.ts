// Events of requests that are drawn by chance, the same ones each time.
import type { UpstreamCaller } from '../../../src/core/ports.ts'
import type { FunctionInput } from '../../../src/upstream/lambda/function-request.ts'
import { forwarding } from '../../core/headers/apps.ts'
import { eventOf, nobody } from '../../upstream/lambda/input.ts'

export interface MadeEvent {
  readonly format: '1.0' | '2.0'
  readonly event: unknown
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']
const paths = ['/', '/x', '/x/', '/a%20b/%C3%A9', '/a+b', '/a%25b', "/a,b:@!$'()*~", '/%F0%9F%98%80']
const queries = [
  ...['', '?', '?a=1', '?a=1&a=2', '?a[]=1&a[]=2', '?a%5B%5D=1', '?flag', '?=v', '?&&a=1&', '?a=b+c&d=%2B'],
  ...['?n=%C3%BC', '?constructor=2', '?a=1;b=2', '?toString=1&toString=2'],
]
const lines: readonly (readonly string[])[] = [
  [],
  ['accept', 'a/b', 'Accept', 'c/d'],
  ['Cookie', 'a=1; b=x=y; c="q,q"; d;  ; e=%20'],
  ['cookie', 'a=1', 'cookie', 'b=2'],
  ['X-Empty', ''],
  ['constructor', 'x', 'X-Name', 'ž'],
  ['user-agent', 'agent/1', 'X-Forwarded-For', '203.0.113.9'],
]
const types = [null, 'text/plain', 'application/json', 'application/x-www-form-urlencoded', 'image/png']
const bodies = [null, Buffer.alloc(0), Buffer.from('größer'), Buffer.from([0, 255]), Buffer.from('{"a":1}')]
const hosts = ['wiki.example.com', 'localhost:8080', '[::1]:8443', '127.0.0.1']
const addresses = ['203.0.113.9', '2001:db8::1', '::ffff:203.0.113.9']
const users: readonly UpstreamCaller['principal'][] = [
  null,
  { user: 'ada@example.com', provider: 'acme', claims: { email: 'ada@example.com', groups: ['a', 'b,c'] } },
  { user: 'acme:Žofie “例” \\ "x"', provider: 'acme', claims: { email: 'ž@例え.jp', groups: [] } },
]

export function madeEvents(count: number): readonly MadeEvent[] {
  let state = 1
  // Park and Miller's generator.
  const one = <T>(list: readonly T[]): T => {
    state = (state * 48_271) % 2_147_483_647
    const drawn = list[state % list.length]
    if (drawn === undefined) throw new Error('nothing to draw from')
    return drawn
  }
  return Array.from({ length: count }, (_, i): MadeEvent => {
    const type = one(types)
    const input: Partial<FunctionInput> = {
      method: one(methods),
      path: one(paths) + one(queries),
      headers: ['Host', one(hosts), ...one(lines), ...(type === null ? [] : ['Content-Type', type])],
      body: one(bodies),
      caller: { ...nobody, clientAddress: one(addresses), principal: one(users), forwarding },
    }
    const format = i % 2 === 0 ? '1.0' : '2.0'
    return { format, event: eventOf(format, input) }
  })
}
