// What Debian's gunicorn and Flask make of a request, measured: the reason why the gateway refuses paths that two readers
// could read in two ways, and drops header names with an underscore.
import t from 'tap'
import { startFlask } from '../support/flask.ts'
import { portOfOrigin } from '../support/ports.ts'
import { exchange, statusOf } from '../support/raw.ts'

const flask = await startFlask({
  folder: new URL('../support/', import.meta.url),
  app: 'strict_echo:app',
  env: {},
})
t.teardown(() => flask.stop())

const ask = (target: string, ...headers: readonly string[]): Promise<string> => {
  const lines = ['Host: app.example', 'Connection: close', ...headers].map((line) => `${line}\r\n`).join('')
  return exchange(portOfOrigin(flask.origin), `GET ${target} HTTP/1.1\r\n${lines}\r\n`)
}

t.test('F5: these targets all run the view of another path than a reader of segments sees', async (t) => {
  for (const target of [
    '//admin',
    '///admin',
    '/%2fadmin',
    '/%2f/admin',
    '/adm%69n',
    '/admin#x',
    'http://evil/admin',
  ]) {
    t.match(await ask(target), /"view":"admin"/, target)
  }
  t.match(await ask('/x%2fadmin'), /"view":"x\/admin"/)
})

t.test('F5: these are not folded', async (t) => {
  for (const target of ['/./admin', '/x/../admin', '/admin;a=b', '/ADMIN', '/admin%00']) {
    t.equal(statusOf(await ask(target)), 404, target)
  }
})

t.test(
  'F4, F5: a name with an underscore and a repeated one are joined to the name that the gateway sets',
  async (t) => {
    t.match(await ask('/admin', 'X-User: alice', 'X_User: evil'), /\["X-User","alice,evil"\]/)
    t.match(await ask('/admin', 'X-User: alice', 'X-User: evil'), /\["X-User","alice,evil"\]/)
  },
)

t.test('F4: SCRIPT_NAME from a peer on the loopback moves the path', async (t) => {
  t.match(await ask('/zz/admin', 'SCRIPT_NAME: /zz'), /"view":"admin"/)
})
