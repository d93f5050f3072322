import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { answersAt } from '../../src/http/server/listening.ts'
import { type ListenSocket, openListenSocket as open } from '../../src/runtime/listen-socket.ts'
import { orRejected } from '../support/thrown.ts'

const folder = mkdtempSync(join(tmpdir(), 'claimgate-listen-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const openListenSocket = (path: string, mode: number | null) => open({ path, mode }, answersAt)

/** The socket; that there is none is an assertion that says why. */
async function opened(t: Test, path: string, mode: number | null = null): Promise<ListenSocket> {
  const socket = await orRejected(() => openListenSocket(path, mode))
  t.notOk(socket instanceof Error, String(socket))
  return socket as ListenSocket
}

let count = 0
const newPath = (): string => {
  count += 1
  return join(folder, `${count}.sock`)
}

function listening(path: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy())
  t.teardown(() => server.close())
  return new Promise((resolve) => {
    server.once('error', (error) => {
      t.fail(String(error))
      resolve(server)
    })
    server.listen(path, () => resolve(server))
  })
}

/** A socket whose process was killed. */
function leaveStale(path: string): void {
  const script =
    "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))"
  spawnSync(process.execPath, ['-e', script, path])
  if (!lstatSync(path).isSocket()) throw new Error('no socket was left')
}

const permissions = (path: string): number => lstatSync(path).mode & 0o777

t.test('a free place is taken, with its permissions, and is free again at the end', async (t) => {
  const path = newPath()
  const socket = await opened(t, path, 0o660)
  await listening(socket.draft)
  t.notOk(existsSync(path), 'nothing is there before the permissions are right')
  socket.place()
  t.equal(permissions(path), 0o660)
  t.notOk(existsSync(socket.draft))
  socket.remove()
  t.notOk(existsSync(path))
})

t.test('what a gateway left that is gone is taken over', async (t) => {
  const path = newPath()
  leaveStale(path)
  const socket = await opened(t, path)
  leaveStale(socket.draft)
  const again = await opened(t, path)
  await listening(again.draft)
  again.place()
  t.match(await orRejected(() => openListenSocket(path, null)), { message: /is taken/ }, 'and answers now')
})

t.test('a socket that answers is taken', async (t) => {
  const path = newPath()
  await listening(path)
  const fault = await orRejected(() => openListenSocket(path, null))
  t.match(fault, {
    code: 'CONFIG_INVALID',
    message: `listen: unix:${path} is taken: stop what listens there`,
  })
  t.ok(existsSync(path))
})

t.test('any other file is left alone', async (t) => {
  const [file, link, dangling, stale] = [newPath(), newPath(), newPath(), newPath()]
  writeFileSync(file, 'mine')
  leaveStale(stale)
  symlinkSync(stale, link)
  symlinkSync(join(folder, 'nowhere'), dangling)
  for (const path of [file, link, dangling, folder]) {
    const fault = await orRejected(() => openListenSocket(path, null))
    t.match(fault, { code: 'CONFIG_INVALID', message: /is there and no socket: it is left alone/ }, path)
  }
  t.equal(readFileSync(file, 'utf8'), 'mine')
  t.ok(lstatSync(link).isSymbolicLink())
  const draft = newPath()
  writeFileSync(`${draft}.${process.pid}`, 'mine')
  t.match(await orRejected(() => openListenSocket(draft, null)), { message: /is there and no socket/ })
  t.equal(readFileSync(`${draft}.${process.pid}`, 'utf8'), 'mine')
})

t.test('whoever comes in between keeps the place', async (t) => {
  for (const take of [(path: string) => writeFileSync(path, 'mine'), (path: string) => listening(path)]) {
    const path = newPath()
    const socket = await opened(t, path)
    await listening(socket.draft)
    await take(path)
    t.throws(() => socket.place(), { message: /is taken/ })
    t.ok(existsSync(path))
    socket.remove()
    t.ok(existsSync(path), 'nor is it removed at the end')
  }
})

t.test('one that was never placed is removed from nowhere', async (t) => {
  const socket = await opened(t, newPath())
  t.doesNotThrow(() => socket.remove())
})

t.test('at the end only our own is removed', async (t) => {
  const path = newPath()
  const socket = await opened(t, path)
  await listening(socket.draft)
  socket.place()
  rmSync(path)
  await listening(path)
  socket.remove()
  t.ok(existsSync(path))
})
