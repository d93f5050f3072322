import { chmodSync, existsSync, lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { startEcho } from '../support/echo.ts'
import { newPlace, runProcess, startProcess } from '../support/process.ts'
import { startReverseProxy } from '../support/reverse-proxy.ts'

// The gateway on a Unix socket, with nginx of the same machine in front.

const place = await newPlace()
const socket = join(place.folder, 'gate.sock')
// The workers of nginx are another user's.
chmodSync(place.folder, 0o755)
const echo = await startEcho()
const nginx = await startReverseProxy('nginx-telling', socket)
t.teardown(async () => {
  await nginx.stop()
  await echo.close()
  place.remove()
})
const site = `http://localhost:${nginx.port}`

function write(trusted: string): void {
  place.write(`listen: { address: "unix:${socket}", mode: "0666" }
trusted_proxies: ${trusted}
providers:
  op: { issuer: "http://localhost:1", client_id: gate, client_secret: s-s-s-s-s-s-s-s-s-s-s-s-s-s-s-s-s }
admin: false
apps:
  wiki:
    url: ${site}
    upstream: ${echo.url}
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    require: anyone
    locations:
      - { path: /here, require: { client_ip: 127.0.0.1 } }
      - { path: /there, require: { client_ip: 192.0.2.0/24 } }
      - { path: /not-there, require: { all: [{ client_ip: 127.0.0.0/8 }], none: [{ client_ip: 192.0.2.0/24 }] } }
`)
}

interface Told {
  readonly status: number
  readonly body: string
}

function ask(path: string, forwardedFor?: string): Promise<Told> {
  const headers = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }
  return new Promise((resolve, reject) => {
    const request = http.get(site + path, { headers, agent: false }, async (response) => {
      let body = ''
      for await (const part of response) body += part
      resolve({ status: response.statusCode ?? 0, body })
    })
    request.on('error', reject)
  })
}

t.test('with `unix` in trusted_proxies the client is whom nginx names', async (t) => {
  write('[unix]')
  const running = await startProcess(place)
  t.teardown(() => running.stop())
  t.match(await running.logged(({ event }) => event === 'gateway.started'), {
    host: `unix:${socket}`,
    apps: 1,
  })
  t.equal(lstatSync(socket).mode & 0o777, 0o666)
  t.equal((await ask('/here')).status, 200)
  t.equal((await ask('/there')).status, 403)
  t.equal(
    (await ask('/there', '192.0.2.7')).status,
    403,
    'what the client says stands before what nginx says',
  )
  const { body } = await ask('/open', '192.0.2.7')
  t.match(body, /x-forwarded-for[^\n]*127\.0\.0\.1/i)
  t.notMatch(body, '192.0.2.7')
  t.match(await running.logged(({ path }) => path === '/open'), { client: '127.0.0.1' })
  t.match(await runProcess(['health', '-c', place.file]), { code: 0, stdout: 'healthy\n' })

  const second = await runProcess(['serve', '-c', place.file])
  t.match(second, {
    code: 1,
    stderr: `claimgate serve: listen: unix:${socket} is taken: stop what listens there`,
  })
  t.equal((await ask('/here')).status, 200, 'the first one goes on')
  t.match(await runProcess(['health', '-c', place.file]), { code: 0 }, 'and is found')

  t.match(await running.stop(), { code: 0 })
  t.notOk(existsSync(socket), 'nothing is left')
  t.equal((await ask('/here')).status, 502)
})

t.test('what a killed gateway leaves is taken over, and no other file', async (t) => {
  write('[unix]')
  const killed = await startProcess(place)
  killed.signal('SIGKILL')
  await killed.exited
  t.ok(lstatSync(socket).isSocket(), 'it was left')
  const running = await startProcess(place)
  t.equal((await ask('/here')).status, 200)
  await running.stop()

  writeFileSync(socket, 'mine')
  const refused = await runProcess(['serve', '-c', place.file])
  t.match(refused, { code: 1, stderr: 'is there and no socket: it is left alone' })
  t.equal(readFileSync(socket, 'utf8'), 'mine')
  rmSync(socket)
})

t.test(
  'without `unix` nobody knows who asks: conditions on the address let nobody in, nor does their negation',
  async (t) => {
    write('none')
    const running = await startProcess(place)
    t.teardown(() => running.stop())
    for (const path of ['/here', '/there', '/not-there'])
      t.equal((await ask(path, '127.0.0.1')).status, 403, path)
    const { status, body } = await ask('/open', '192.0.2.7')
    t.equal(status, 200)
    t.notMatch(body, /x-forwarded-for|x-real-ip|192\.0\.2\.7/i, 'the app is told of none')
  },
)

t.test('a socket whose folder is not there is told with what would be right', async (t) => {
  place.write(readFileSync(place.file, 'utf8').replaceAll(socket, join(place.folder, 'nowhere', 'gate.sock')))
  const refused = await runProcess(['serve', '-c', place.file])
  t.match(refused, {
    code: 1,
    stderr: /listen: unix:.*nowhere\/gate\.sock cannot be made \(\w+\): its folder must be there/,
  })
})
