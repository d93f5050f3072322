// A gateway that runs: what a provider and an app show over TLS is counted, and a clock that is off is said once.
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import t from 'tap'
import { systemClock } from '../../src/runtime/clock.ts'
import { startTestGateway } from '../support/gateway.ts'
import { metadataOf } from '../support/hostile-op.ts'
import { freePort, portOf } from '../support/ports.ts'
import { createAuthority } from '../support/tls.ts'

t.test('as seen on the connections that are made anyway', async (t) => {
  const ours = createAuthority()
  const folder = t.testdir({})
  writeFileSync(join(folder, 'ca.pem'), ours.certificate)
  const pair = ours.issue({ names: ['DNS:localhost', 'IP:127.0.0.1'] })
  // Both clocks stand still: what lies between them is no question of how fast an answer is read.
  const begin = Math.floor(Date.now() / 1000)
  const server = createServer(pair, (request, response) => {
    response.setHeader('content-type', 'application/json')
    response.setHeader('date', new Date(begin * 1000).toUTCString())
    response.end(
      JSON.stringify(request.url === '/app' ? {} : metadataOf(`https://localhost:${portOf(server)}`)),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const adminPort = await freePort()
  const gateway = await startTestGateway({
    folder,
    adminPort,
    clock: { ...systemClock, now: () => begin - 300 },
    yaml: ({ url }) => `
providers:
  main: { issuer: "https://localhost:${portOf(server)}", client_id: gateway, client_secret: a-client-secret, ca_file: ${folder}/ca.pem }
apps:
  wiki:
    url: ${url}
    upstream: { url: "https://127.0.0.1:${portOf(server)}", ca_file: ${folder}/ca.pem }
    require: anyone
`,
  })
  t.teardown(async () => {
    await gateway.close()
    server.closeAllConnections()
    server.close()
  })
  await gateway.logged(({ event }) => event === 'provider.ready')
  t.equal((await fetch(`${gateway.url}/app`)).status, 200)
  await gateway.logged(({ event, role }) => event === 'certificate.ending' && role === 'upstream')
  await gateway.logged(({ event, role }) => event === 'certificate.ending' && role === 'provider')
  const metrics = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text()
  for (const labels of ['role="provider",host="localhost"', 'role="upstream",host="127.0.0.1"'])
    t.match(metrics, new RegExp(`^claimgate_certificate_expires_seconds\\{${labels}\\} 1[67]\\d{4}$`, 'm'))
  const clocks = gateway.log.filter(({ event }) => event === 'provider.clock-differs')
  t.equal(clocks.length, 1)
  t.match(clocks[0]?.warning, /its clock is 300 s ahead of this machine's/)
})
