// Jupyter behind the gateway, with a terminal: cookies and XSRF of its own, long-lived WebSockets, an app that compares
// Origin with Host and so wants `preserve_host`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { WebSocket } from 'undici'
import { cookieOf } from '../support/attack.ts'
import { sharedSecret, signedIn, startFront } from '../support/front.ts'
import { freePort } from '../support/ports.ts'
import { startServer } from '../support/server.ts'
import { poll } from '../support/waiting.ts'

const folder = mkdtempSync(join(tmpdir(), 'claimgate-jupyter-'))
const port = await freePort()
const jupyter = await startServer({
  command: '/usr/bin/jupyter-server',
  args: [
    ...['--no-browser', '--allow-root', '--ServerApp.ip=127.0.0.1', `--ServerApp.port=${port}`],
    ...['--ServerApp.port_retries=0', '--ServerApp.token=', '--ServerApp.password='],
    ...['--ServerApp.base_url=/lab', '--ServerApp.allow_remote_access=True'],
  ],
  port,
  cwd: folder,
  env: { HOME: folder, SHELL: '/bin/sh' },
})
const front = await startFront({
  app: (own) => `
    require: signed_in
  lab:
    url: http://localhost:${own}/lab
    upstream: { url: "http://127.0.0.1:${port}", preserve_host: true }
    shared_secret: ${sharedSecret}
    require: signed_in
    websocket: true
`,
})
t.teardown(async () => {
  await front.close()
  await jupyter.stop()
  rmSync(folder, { recursive: true, force: true })
})

const host = `localhost:${front.gateway.port}`
const cookie = cookieOf(front, await signedIn(front, 'adam'))

t.test('a terminal is opened, typed into and read', async (t) => {
  const page = await fetch(`http://${host}/lab/api/status`, { headers: { cookie } })
  t.equal(page.status, 200, await page.text())
  const xsrf = 'test'
  const opened = await fetch(`http://${host}/lab/api/terminals`, {
    method: 'POST',
    headers: { cookie: `${cookie}; _xsrf=${xsrf}`, 'x-xsrftoken': xsrf, origin: `http://${host}` },
  })
  const text = await opened.text()
  t.equal(opened.status, 200, text)
  const { name } = JSON.parse(text)

  const socket = new WebSocket(`ws://${host}/lab/terminals/websocket/${name}`, {
    headers: { cookie, origin: `http://${host}` },
  })
  let said = ''
  let failed = ''
  socket.addEventListener('message', ({ data }) => {
    const [kind, words] = JSON.parse(String(data))
    if (kind === 'stdout') said += words
  })
  socket.addEventListener('error', ({ error }) => {
    failed = String(error)
  })
  const state = () => ({ said, failed, state: socket.readyState })
  await poll('the terminal to open', state, (seen) => seen.state === WebSocket.OPEN || seen.failed !== '')
  t.equal(failed, '', jupyter.log())
  socket.send(JSON.stringify(['stdin', 'echo $((6*7))-from-the-terminal\r']))
  await poll('the answer of the shell', state, (seen) => seen.said.includes('42-from-the-terminal'))
  socket.close()
})

t.test('nobody opens one without signing in', async (t) => {
  const answer = await fetch(`http://${host}/lab/api/terminals`, { method: 'POST' })
  t.equal(answer.status, 401)
})
