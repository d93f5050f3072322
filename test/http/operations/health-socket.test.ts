import { existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openHealthSocket } from '../../../src/http/operations/health-socket.ts'
import { readReadiness } from '../../../src/http/operations/readiness.ts'
import type { Editions } from '../../../src/runtime/editions.ts'
import { healthSocketPaths } from '../../../src/runtime/health-path.ts'
import type { Runtime } from '../../../src/runtime/runtime.ts'
import { openTestContext } from '../../support/request-context.ts'
import { orRejected } from '../../support/thrown.ts'
import { inVain, outcomeOf, patienceMs } from '../../support/waiting.ts'

function open(t: Test, folder: string) {
  const { runtime } = openTestContext(
    t,
    `
data: ${JSON.stringify(folder)}
listen: "127.0.0.1:8123"
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps: { wiki: { url: https://wiki.example, upstream: http://10.9.9.9, require: signed_in } }
`,
  )
  const state = { current: runtime as Runtime, draining: false }
  const editions = { current: () => state.current } as unknown as Editions
  const paths = healthSocketPaths(runtime.gateway)
  return {
    state,
    paths,
    health: openHealthSocket(editions, { readiness: () => readReadiness(state.current, state.draining) }),
  }
}

function newFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-health-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Status, type and text of what answers at a socket. */
function ask(socketPath: string): Promise<readonly [number | undefined, string | undefined, string]> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: '/', agent: false }, async (response) => {
      let text = ''
      for await (const piece of response) text += piece
      resolve([response.statusCode, response.headers['content-type'], text])
    })
    asked.setTimeout(patienceMs, () => asked.destroy(inVain(`nothing answered at ${socketPath}`)))
    asked.on('error', reject).end()
  })
}

t.test('the socket stands where it is looked for, alone, and answers as /readyz does', async (t) => {
  const folder = newFolder(t)
  const path = join(folder, 'health-8123.sock')
  const { state, health } = open(t, folder)
  t.equal(await orRejected(() => health.listen()), null)
  t.same(
    readdirSync(folder).filter((name) => name.includes('health')),
    ['health-8123.sock'],
    'no draft is left',
  )
  const readiness = { ready: true, store: 'ok', draining: false, providers: { op: 'ready' } }
  const [status, type, text] = await ask(path)
  t.same([status, type, JSON.parse(text)], [200, 'application/json', readiness])
  state.draining = true
  t.match(await ask(path), [503, 'application/json', /"ready":false.*"draining":true/])
  state.current = { ...state.current, providers: null as never }
  t.match(await orRejected(() => ask(path)), [500, undefined, ''], 'a mistake of ours is told by its status')
  const alias = join(folder, 'alias.sock')
  linkSync(path, alias)
  t.equal(await outcomeOf(health.close(), 10_000), undefined)
  t.notOk(existsSync(path))
  t.match(await orRejected(() => ask(alias)), { code: 'ECONNREFUSED' }, 'nobody listens any more')
  t.equal(await outcomeOf(health.close(), 10_000), undefined, 'once more')
})

t.test('a draft that a killed process of this id left is in nobody’s way', async (t) => {
  const folder = newFolder(t)
  writeFileSync(join(folder, `health-8123.sock.${process.pid}`), 'left behind')
  const { health } = open(t, folder)
  t.equal(await health.listen(), null)
  await health.close()
})

t.test('another gateway’s socket that took the place stays when this one closes', async (t) => {
  const folder = newFolder(t)
  const [one, other] = [open(t, folder).health, open(t, folder).health]
  t.equal(await one.listen(), null)
  t.equal(await other.listen(), null)
  await one.close()
  t.match(await ask(join(folder, 'health-8123.sock')), [200])
  await other.close()
})

t.test('a data folder that nobody has made yet is made', async (t) => {
  const folder = newFolder(t)
  const { health } = open(t, join(folder, 'is', 'not', 'there'))
  t.equal(await health.listen(), null)
  t.match(await ask(join(folder, 'is', 'not', 'there', 'health-8123.sock')), [200])
  await health.close()
  t.same(readdirSync(join(folder, 'is', 'not', 'there')), [])
})

/** A folder in which nothing can be, as a file has its name. */
function newFile(t: Test): string {
  const file = join(newFolder(t), 'file')
  writeFileSync(file, '')
  return join(file, 'data')
}

t.test('where the data folder cannot be written it is in the system’s folder', async (t) => {
  const { health, paths } = open(t, newFile(t))
  t.equal(await health.listen(), null)
  const [, elsewhere = ''] = paths
  t.match(await ask(elsewhere), [200])
  await health.close()
  t.notOk(existsSync(elsewhere))
})

t.test('where it can be placed nowhere each place is told, and nothing else is lost', async (t) => {
  const before = process.env.TMPDIR
  const [data, temporary] = [newFile(t), newFile(t)]
  process.env.TMPDIR = temporary
  t.teardown(() => {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  })
  const { health, paths } = open(t, data)
  const [first = '', second = ''] = paths
  const code = '(?:ENOTDIR|EEXIST|ENOENT)'
  t.match(await health.listen(), new RegExp(`^${first}: ${code}; ${second}: ${code}$`))
  await health.close()
})

t.test('a folder stands where the socket is to be: the next place', async (t) => {
  const folder = newFolder(t)
  mkdirSync(join(folder, 'health-8123.sock'))
  const { health, paths } = open(t, folder)
  t.equal(await health.listen(), null)
  t.match(await ask(paths[1] ?? ''), [200])
  await health.close()
  t.same(
    readdirSync(folder).filter((name) => name.includes('health')),
    ['health-8123.sock'],
  )
})
