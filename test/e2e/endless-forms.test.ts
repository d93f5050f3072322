// Forms that are posted to the gateway itself and do not end.
import t from 'tap'
import { limits } from '../../src/core/limits/table.ts'
import { bytesOf, cookieLine, fire } from '../support/attack.ts'
import { Browser } from '../support/browser.ts'
import { startHostileFront } from '../support/hostile-front.ts'
import { rawClient, statusOf } from '../support/raw.ts'

const front = await startHostileFront({
  provider: '    response_mode: form_post',
  top: 'defaults: { timeouts: { body: { grace: 1s, min_rate: 1000 } } }',
})
t.teardown(() => front.close())
const browser = new Browser()
const answer = Object.fromEntries(await front.begin(browser))
await browser.visit(`${front.url}/.auth/callback`, { form: answer, follow: false })
const alice = cookieLine(front, browser)
const host = `localhost:${front.gateway.port}`
const form = 'Content-Type: application/x-www-form-urlencoded'
const origin = `Origin: http://${host}`

for (const target of ['/.auth/logout', '/.auth/callback', '/.auth/backchannel-logout']) {
  t.test(
    `${target}: a form that goes on is 413 once it is too long, and its connection is over`,
    async (t) => {
      const headers = [alice, origin, form, 'Transfer-Encoding: chunked']
      const client = await rawClient(front.gateway.port, bytesOf(host, { method: 'POST', target, headers }))
      const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
      const most = 2 * limits.droppedBodyBytes
      let sent = 0
      for (; sent < most && !client.socket.destroyed && !client.socket.closed; sent += chunk.length) {
        if (client.socket.write(chunk)) continue
        await new Promise((resolve) => {
          client.socket.once('drain', resolve).once('close', resolve)
        })
      }
      t.equal(statusOf(await client.closed()), 413)
      t.ok(sent < most, `ended after ${sent} bytes`)
      t.equal((await fire(front, { target: '/x', headers: [alice] })).status, 200, 'nobody was signed out')
    },
  )

  t.test(`${target}: one that drips is 408, and its connection is over`, async (t) => {
    const headers = [alice, origin, form, 'Content-Length: 1000']
    const client = await rawClient(front.gateway.port, bytesOf(host, { method: 'POST', target, headers }))
    const drip = setInterval(() => client.socket.destroyed || client.write('x'), 50)
    t.teardown(() => clearInterval(drip))
    const text = await client.closed()
    t.equal(statusOf(text), 408)
    t.match(text, /connection: close/i)
    t.match(text, '"reason":"request-body-stalled"')
    t.match(
      await front.gateway.logged((line) => line.path === target && line.status === 408),
      { event: 'request' },
      'its line says so',
    )
    t.notOk(
      front.gateway.log.some(({ code }) => code === 'REQUEST_BODY_STALLED'),
      'it is no fault that an operator should look at',
    )
    t.equal((await fire(front, { target: '/x', headers: [alice] })).status, 200, 'nobody was signed out')
  })

  t.test(`${target}: one that says that it is too long is 413 at once`, async (t) => {
    const headers = [alice, origin, form, `Content-Length: ${limits.formBytes + 1}`]
    const client = await rawClient(front.gateway.port, bytesOf(host, { method: 'POST', target, headers }))
    t.equal(statusOf(await client.until(/\r\n\r\n/)), 413)
    client.destroy()
  })

  t.test(`${target}: what is no form is 415, whatever its length`, async (t) => {
    const headers = [alice, origin, 'Content-Type: application/json', 'Content-Length: 2']
    t.equal((await fire(front, { method: 'POST', target, headers, body: '{}' })).status, 415)
  })
}

t.test('a GET with a body is answered without it', async (t) => {
  const headers = [alice, 'Content-Length: 5']
  t.equal((await fire(front, { target: '/.auth/me', headers, body: 'hello' })).status, 200)
})
