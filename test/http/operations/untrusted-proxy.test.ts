import t from 'tap'
import { startTestGateway, type TestGatewayOptions } from '../../support/gateway.ts'
import { rawClient } from '../../support/raw.ts'

const yaml =
  (trusted: string): TestGatewayOptions['yaml'] =>
  ({ url }) =>
    `
trusted_proxies: ${trusted}
providers:
  main: { issuer: "http://127.0.0.1:9", client_id: c, client_secret: s, allow_insecure_http: true }
apps:
  wiki: { url: "${url}", upstream: "http://127.0.0.1:9", shared_secret: a-secret-of-thirty-two-bytes-or-more, require: signed_in }
`

async function ask(port: number, forwardedFor: string): Promise<void> {
  const line = forwardedFor === '' ? '' : `X-Forwarded-For: ${forwardedFor}\r\n`
  const client = await rawClient(
    port,
    `GET /.auth/health HTTP/1.1\r\nHost: localhost:${port}\r\n${line}Connection: close\r\n\r\n`,
  )
  await client.closed()
}

t.test(
  'a private peer that sends X-Forwarded-For untrusted is told of once, with what to write',
  async (t) => {
    const gateway = await startTestGateway({ yaml: yaml('none') })
    t.teardown(() => gateway.close())
    const said = () => gateway.log.filter(({ event }) => event === 'proxy.untrusted')
    await ask(gateway.port, '')
    t.same(said(), [], 'not of a client that sends none')
    await ask(gateway.port, '192.0.2.7')
    await ask(gateway.port, '192.0.2.8')
    t.equal(said().length, 1)
    t.match(said()[0], { level: 40, peer: '127.0.0.1', warning: /^trusted_proxies: 127\.0\.0\.1 sends / })
  },
)

t.test('a trusted one is not told of, even where it says no address', async (t) => {
  const gateway = await startTestGateway({ yaml: yaml('[127.0.0.0/8]') })
  t.teardown(() => gateway.close())
  for (const line of ['192.0.2.7', 'nonsense', '']) await ask(gateway.port, line)
  t.same(
    gateway.log.filter(({ event }) => event === 'proxy.untrusted'),
    [],
  )
})
