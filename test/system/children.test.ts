// A test that is killed, by a time-out or by hand, leaves nothing running: neither what it started nor what that
// started in turn, such as the workers of a server.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { poll } from '../support/waiting.ts'

const support = new URL('../support/', import.meta.url)

/** Programs of a test's own process: each starts something, and says `started` when it runs. */
const programs: Readonly<Record<string, string>> = {
  'the gateway': `
    import { newPlace, startProcess } from '${new URL('process.ts', support)}'
    const place = await newPlace()
    place.write('providers: { op: { issuer: "http://localhost:1", client_id: a, client_secret: b } }\\napps: { wiki: { url: ' + place.url + ', upstream: "http://127.0.0.1:1", require: signed_in } }')
    await startProcess(place)`,
  'gunicorn and its worker': `
    import { startFlask } from '${new URL('flask.ts', support)}'
    await startFlask({ folder: new URL('${support}'), app: 'path_echo:app', env: {} })`,
  'Apache and its workers': `
    import { freePort } from '${new URL('ports.ts', support)}'
    import { startApache } from '${new URL('apache.ts', support)}'
    await startApache({ port: await freePort(), config: '' })`,
  Chromium: `
    import { openChromium } from '${new URL('chromium.ts', support)}'
    await openChromium()`,
}

for (const [name, program] of Object.entries(programs)) {
  t.test(`${name}: gone when the process of the test is killed`, async (t) => {
    const source = `${program}\n;process.stdout.write('started')`
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', source], {
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    const started = descendantsOf(child.pid ?? 0)
    t.ok(started.length >= 2, `it started ${started.length}`)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const alive = () => started.filter(runs)
    t.same(await poll('its children to end', alive, (pids) => pids.length === 0), [])
  })
}

t.test('what a program left behind when it ended is gone too', async (t) => {
  const { startChild } = await import('../support/child.ts')
  const child = startChild('/bin/sh', ['-c', 'sleep 1000 >/dev/null 2>&1 & echo $!'])
  const [printed] = await once(child.stdout, 'data')
  const pid = Number(String(printed))
  t.ok(pid > 0)
  t.notOk(
    await poll(
      'what it left to end',
      () => runs(pid),
      (running) => !running,
    ),
  )
})

function descendantsOf(root: number): readonly number[] {
  const parents = readdirSync('/proc').flatMap((name) => {
    const fields = /^\d+$/.test(name) ? fieldsOf(Number(name)) : null
    return fields === null ? [] : [{ pid: Number(name), parent: Number(fields[1]) }]
  })
  const found = [root]
  for (const one of found) {
    found.push(...parents.filter(({ parent }) => parent === one).map(({ pid }) => pid))
  }
  return found.slice(1)
}

/** A process that has ended and that nobody has asked for is a zombie: it runs no more. */
function runs(pid: number): boolean {
  const fields = fieldsOf(pid)
  return fields !== null && fields[0] !== 'Z'
}

/** State, parent and more, from behind the name, which may hold anything. */
function fieldsOf(pid: number): readonly string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return null
  }
}
