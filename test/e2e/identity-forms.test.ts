// Somebody in three hundred groups: what the app is told of them, and what is said where that is too much.
import t from 'tap'
import { cookieLine, fire, navigation, seenBy } from '../support/attack.ts'
import { startHostileFront } from '../support/hostile-front.ts'

const company = Array.from({ length: 300 }, (_, index) => `a-group-with-a-long-name-of-the-company-${index}`)
const front = await startHostileFront({
  app: `
    require: signed_in
    contact: ops@example.com
    identity_headers: { X-Name: name, X-Groups: groups }
    websocket: true
    locations:
      - { path: /name, require: signed_in, identity_headers: { X-Name: name } }
      - { path: /few, require: signed_in, identity_headers: { X-Groups: { claim: groups, only: [admins, "App-*"] } } }
      - { path: /joined, require: signed_in, identity_headers: { X-Groups: { claim: groups, only: ["A*", "admins,*"], join: " | ", lower_case: true } } }
      - { path: /json, require: signed_in, identity_headers: { X-Groups: { claim: groups, only: "App-*", encoding: base64 } } }
      - { path: /none, require: signed_in, identity_headers: { X-Groups: { claim: groups, only: [nobody] } } }
`,
})
t.teardown(() => front.close())
front.op.bends = {
  claims: (claims) => ({ ...claims, name: 'Lovelace, Ada', groups: [...company, 'App-Wiki', 'admins,x'] }),
}
const ada = cookieLine(front, await front.signedIn())

t.test('the app is told of what it needs, in the form that it reads', async (t) => {
  const rows = {
    '/few': ['App-Wiki'],
    '/joined': ['app-wiki | admins%2Cx'],
    '/json': [btoa('["App-Wiki"]')],
    '/none': undefined,
  }
  for (const [target, groups] of Object.entries(rows)) {
    const forged = ['X-Groups: admins', 'x_groups: admins']
    const { headers } = await seenBy(front, { target, headers: [ada, ...forged] })
    t.same(headers['x-groups'], groups, target)
    t.notOk(headers.x_groups)
  }
  const { headers } = await seenBy(front, { target: '/name', headers: [ada] })
  t.same(headers['x-name'], ['Lovelace%2C Ada'], 'a single text is no list of two')
})

t.test(
  'what is too much is no question of permission, and the log says which header and how large',
  async (t) => {
    const before = front.echo.received.length
    const page = await fire(front, { target: '/', headers: [ada, ...navigation] })
    t.equal(page.status, 403)
    t.match(page.body, 'This is not about your permissions.')
    t.match(page.body, 'ops@example.com')
    const problem = await fire(front, { target: '/', headers: [ada] })
    t.match(JSON.parse(problem.body), { status: 403, reason: 'identity-unsendable' })
    const handshake = [
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ]
    const socket = await fire(front, {
      target: '/',
      bare: true,
      headers: [
        `Host: localhost:${front.gateway.port}`,
        'Connection: Upgrade',
        `Origin: ${front.url}`,
        ada,
        ...handshake,
      ],
    })
    t.equal(socket.status, 403)
    t.equal(front.echo.received.length, before, 'the app heard nothing')
    const size = 'X-Groups'.length + [...company, 'App-Wiki', 'admins,x'].join(',').length
    const lines = front.gateway.log.filter(({ reason }) => reason === 'identity-unsendable')
    t.equal(lines.length, 3)
    for (const line of lines) {
      t.match(line, { event: 'request', decision: 'deny', status: 403 })
      t.match(line.detail, `X-Groups would have ${size} bytes or more`)
      t.notMatch(JSON.stringify(line), 'a-group-with')
    }
  },
)
