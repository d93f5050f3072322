// When it connects, who waits and who is refused at once: told by a client of the test's own, and its clock.
import { mock } from 'node:test'
import t, { type Test } from 'tap'
import type { Client, ClientAccess, Command } from '../../../src/store/redis/client.ts'
import { openConnection } from '../../../src/store/redis/connection.ts'

const access: ClientAccess = { username: null, password: null, tls: null, database: 0, answerMs: 1000 }
const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A server that is there or not, and how often somebody tried. */
function rig(t: Test) {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const server = { isThere: false, answers: true, tries: 0, end: () => {} }
  const connection = openConnection({
    access,
    address: () => Promise.resolve({ host: 'redis', port: 6379 }),
    connect: async (_node, _access, ended): Promise<Client> => {
      server.tries += 1
      if (!server.isThere) throw new Error('nobody is there')
      let open = true
      server.end = () => {
        open = false
        ended(new Error('it was closed'))
      }
      return {
        send: (command: Command) => (server.answers ? Promise.resolve(command[0]) : new Promise(() => {})),
        isOpen: () => open,
        destroy: () => {
          open = false
        },
      }
    },
  })
  t.teardown(() => connection.close())
  const send = () =>
    connection.send([['PING']]).then(
      (replies) => String(replies),
      (thrown) => `${thrown.place}: ${thrown.message}`,
    )
  return { server, connection, send }
}

t.test('pauses grow to a second, and whoever asks in one is refused at once', async (t) => {
  const { server, send } = rig(t)
  t.equal(await send(), 'redis:6379: nobody is there', 'who asks first waits for the first attempt')
  for (const pauseMs of [50, 100, 200, 400, 800, 1000, 1000]) {
    const { tries } = server
    t.equal(await send(), 'redis:6379: nobody is there')
    mock.timers.tick(pauseMs - 1)
    await turn()
    t.equal(server.tries, tries, `not before ${pauseMs} ms`)
    mock.timers.tick(1)
    await turn()
    t.equal(server.tries, tries + 1, `after ${pauseMs} ms`)
  }
  server.isThere = true
  mock.timers.tick(1000)
  await turn()
  t.equal(await send(), 'PING')
})

t.test('when a connection is lost the next attempt is at once, and commands wait for it', async (t) => {
  const { server, send } = rig(t)
  server.isThere = true
  await send()
  // The first attempt failed: it came before anybody was there.
  mock.timers.tick(50)
  await turn()
  t.equal(await send(), 'PING')
  const { tries } = server
  server.end()
  t.equal(await send(), 'PING')
  t.equal(server.tries, tries + 1)
  server.isThere = false
  server.end()
  t.equal(await send(), 'redis:6379: nobody is there')
})

t.test('a command that is not answered within a second ends the connection', async (t) => {
  const { server, send } = rig(t)
  server.isThere = true
  await send()
  mock.timers.tick(50)
  await turn()
  const { tries } = server
  server.answers = false
  const asked = send()
  await turn()
  mock.timers.tick(999)
  await turn()
  t.equal(server.tries, tries)
  mock.timers.tick(1)
  t.equal(await asked, 'redis:6379: no answer within 1000 ms')
  server.answers = true
  t.equal(await send(), 'PING')
  t.equal(server.tries, tries + 1)
})

t.test('one that was closed connects no more', async (t) => {
  const { server, connection, send } = rig(t)
  await send()
  connection.close()
  const { tries } = server
  server.isThere = true
  mock.timers.tick(10_000)
  await turn()
  t.equal(server.tries, tries)
  t.equal(await send(), 'redis:6379: the store was closed')
})
