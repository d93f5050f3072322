// A configuration that changes under a running process: by a signal, by being saved, and when it is wrong.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import t, { type Test } from 'tap'
import { Browser } from '../support/browser.ts'
import { visitAs } from '../support/front.ts'
import { type GatewayProcess, startProcess } from '../support/process.ts'
import { newStand, sharedSecret } from '../support/process-front.ts'
import { createAuthority } from '../support/tls.ts'

const stand = await newStand()
const { place, url } = stand
t.teardown(() => stand.close())

async function start(t: Test, yaml: string): Promise<GatewayProcess> {
  place.write(yaml)
  const running = await startProcess(place)
  t.teardown(() => running.stop())
  return running
}

const rule = (require: string): string => stand.yaml({ app: `    require: ${require}` })
const loaded = (running: GatewayProcess, edition: number) =>
  running.logged((line) => line.event === 'config.loaded' && line.edition === edition)

t.test(
  'SIGHUP, or saving alone: who is signed in meets the new rules with the next request (S-162)',
  async (t) => {
    const running = await start(t, rule('signed_in'))
    const alice = new Browser()
    t.equal((await visitAs(alice, 'alice', `${url}/`)).status, 200)
    place.write(rule('{ groups: admins }'))
    running.signal('SIGHUP')
    await loaded(running, 2)
    const denied = await alice.visit(`${url}/denied`, { follow: false })
    t.equal(denied.status, 403, 'the session lives, and is judged anew')
    t.match(await running.logged((line) => line.path === '/denied'), { edition: 2, reason: 'rule-not-met' })
    place.write(rule('signed_in'))
    await loaded(running, 3)
    t.equal((await alice.visit(`${url}/`, { follow: false })).status, 200, 'no signal was needed')
    t.same(await running.stop(), { code: 0, signal: null })
  },
)

t.test(
  'a file with faults changes nothing, and the log shows each with its place and no secret',
  async (t) => {
    const running = await start(t, rule('{ groups: admins }'))
    place.write(
      rule('anyone')
        .replace('    url:', '    ulr:')
        .replace('    client_secret:', '    client_secrets:')
        .replace('    upstream:', '    shared_secret: x\n    upstream:'),
    )
    running.signal('SIGHUP')
    const { faults } = await running.logged((line) => line.event === 'config.rejected')
    t.ok(Array.isArray(faults) && faults.length >= 2)
    for (const fault of Array.isArray(faults) ? faults : [])
      t.ok(String(fault).startsWith(`${place.file}:`), fault)
    t.equal((await new Browser().visit(`${url}/`, { follow: false })).status, 302, 'closed as before')
    const missing = join(place.folder, 'gone.yaml')
    place.write(rule('anyone').replace(sharedSecret, `"\${file:${missing}}"`))
    running.signal('SIGHUP')
    await running.logged((line) => JSON.stringify(line.faults ?? '').includes('gone.yaml'))
    place.write(`admin: false\n${rule('anyone')}`)
    running.signal('SIGHUP')
    await running.logged((line) => /admin.*restart/.test(JSON.stringify(line.faults ?? '')))
    t.equal((await new Browser().visit(`${url}/`, { follow: false })).status, 302)
    for (const secret of [sharedSecret, stand.op.clientSecret]) t.notMatch(running.stdout(), secret)
    t.notOk(running.log().some((line) => line.event === 'config.loaded'))
  },
)

t.test('a renewed certificate is shown to the next connection', async (t) => {
  const authority = createAuthority()
  const [certificate, key] = [join(place.folder, 'server.crt'), join(place.folder, 'server.key')]
  const renew = (): void => {
    const issued = authority.issue({ names: ['DNS:localhost'] })
    writeFileSync(key, issued.key, { mode: 0o600 })
    writeFileSync(certificate, issued.cert)
  }
  renew()
  const listen = `listen: { address: "127.0.0.1:${place.port}", tls: [{ certificate: ${certificate}, key: ${key} }] }`
  const running = await start(t, stand.yaml({ top: listen, url: `https://localhost:${place.port}` }))
  const before = await serialOf(place.port)
  renew()
  running.signal('SIGHUP')
  await loaded(running, 2)
  t.not(await serialOf(place.port), before)
})

function serialOf(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false }
    const socket = connect(options, () => {
      resolve(socket.getPeerCertificate().serialNumber)
      socket.destroy()
    })
    socket.on('error', reject)
  })
}
