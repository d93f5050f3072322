// A WebSocket that a customer's pair opened: it ends with what opened it, and no sooner.
import t from 'tap'
import { createTestClock } from '../support/clock.ts'
import { startCognito } from '../support/cognito.ts'
import { startTestGateway } from '../support/gateway.ts'
import { poll } from '../support/waiting.ts'
import { openWebSocket, startWebSocketApp } from '../support/websocket-app.ts'

const [cognito, app] = [await startCognito(), await startWebSocketApp()]
cognito.clients.set('4f9', { secret: null, flows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] })
cognito.accessTokenSeconds = 3600
const clock = createTestClock(Math.floor(Date.now() / 1000))
const gateway = await startTestGateway({
  clock,
  yaml: ({ url }) => `
providers:
  pool:
    issuer: "${cognito.issuer}"
    preset: cognito
    bearer: { client_ids: ["4f9"] }
    exchange: { cognito_password: { client_id: "4f9" } }
apps:
  live: { url: "${url}", upstream: "${app.url}", websocket: true, credentials: [exchange], require: signed_in }
`,
})
t.teardown(async () => {
  await gateway.close()
  await Promise.all([cognito.close(), app.close()])
})

const address = `ws://localhost:${gateway.port}/`
const as = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})

function goOn(seconds: number): void {
  clock.time += seconds
  cognito.now += seconds
}

function addUser(name: string, password: string): void {
  cognito.users.set(name, { password, sub: `sub-of-${name}`, status: 'CONFIRMED' })
}

async function askedAgain(): Promise<void> {
  const before = cognito.asked.length
  await poll(
    'a question',
    async () => cognito.asked.length,
    (count) => count > before,
  )
}

t.test('a wrong pair opens none', async (t) => {
  addUser('ada', 'Ada-1815!')
  await t.rejects(openWebSocket(address, as('ada', 'wrong')))
  await t.rejects(openWebSocket(address, {}))
})

t.test('it goes on while the pair is right, and ends once its provider says that it is wrong', async (t) => {
  addUser('grace', 'Grace-1906!')
  const { closed } = await openWebSocket(address, as('grace', 'Grace-1906!'))
  goOn(901)
  await askedAgain()
  t.equal(await Promise.race([closed, 'open']), 'open')
  cognito.signOutEverywhere('grace')
  addUser('grace', 'another')
  // One question that is still under way may come to the answer of before; the next is due a quarter of an hour later.
  const later = () => {
    goOn(901)
    return Promise.race([closed, 'open'])
  }
  t.equal(await poll('the end of the WebSocket', later, (code) => code !== 'open'), 1008)
})

t.test('it ends with the token, where the provider gives no other', async (t) => {
  const { closed } = await openWebSocket(address, as('ada', 'Ada-1815!'))
  cognito.bend = (_asked, response) => {
    response.writeHead(500).end()
    return true
  }
  goOn(901)
  await askedAgain()
  t.equal(await Promise.race([closed, 'open']), 'open')
  goOn(3600)
  t.equal(await closed, 1008)
  cognito.bend = null
})
