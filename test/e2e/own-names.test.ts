// The names that a gateway speaks for are its own everywhere: at each location of each app, whichever of them sets
// them, and however a client spells them.
import t from 'tap'
import { cookieLine, seenBy } from '../support/attack.ts'
import { signedIn, startFront } from '../support/front.ts'

const front = await startFront({
  app: (port, upstream) => `
    require: signed_in
    identity_headers: { X-Forwarded-User: user }
    locations:
      - { path: /public, require: anyone }
      - { path: /maybe, require: maybe_signed_in }
      - { path: /one, require: signed_in, identity_headers: { X-Role-Of-One: user } }
      - { path: /lower, require: signed_in, identity_headers: { x-role-in-lower: user } }
      - { path: /only-post, methods: [POST], require: signed_in, identity_headers: { X-Role-Of-Post: user } }
  other:
    url: http://localhost:${port}/other
    upstream: ${upstream}
    require: anyone
    shared_secret: { header: x-proof-of-the-other, value: a-shared-secret-of-thirty-two-bytes-for-the-other }
    locations:
      - { path: /other/in, require: signed_in, identity_headers: { X-ROLE-OF-OTHER: user } }
`,
})
t.teardown(() => front.close())
const adam = cookieLine(front, await signedIn(front, 'adam'))

/** By what sets them. */
const names = {
  '/one': 'X-Role-Of-One',
  '/lower': 'x-role-in-lower',
  '/only-post': 'X-Role-Of-Post',
  '/other/in': 'X-ROLE-OF-OTHER',
  'the secret': 'x-proof-of-the-other',
}

/** As clients may write a name, for an app that takes case, `-` and `_` for the same. */
const spellings: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => name.toLowerCase(),
  (name) => name.toUpperCase(),
  (name) => name.replaceAll('-', '_'),
  (name) => name.toUpperCase().replaceAll('-', '_'),
  (name) => name.toLowerCase().replace('-', '_'),
  (name) => name.replaceAll('-', '.'),
]

t.test('what a location alone sets, no client sends to any location of any app', async (t) => {
  for (const target of ['/x', '/public/x', '/maybe/x', '/one/x', '/lower/x', '/other/x', '/other/in/x']) {
    for (const [home, name] of Object.entries(names)) {
      for (const spell of spellings) {
        const line = `${spell(name)}: canary-of-the-test`
        const { headers } = await seenBy(front, { target, headers: [adam, line] })
        t.notMatch(JSON.stringify(headers), 'canary-of-the-test', `${line} at ${target}, set at ${home}`)
      }
    }
  }
})

t.test('a location that has identity headers of its own sets these and no others', async (t) => {
  for (const [target, name] of Object.entries(names).filter(([home]) => home.startsWith('/'))) {
    const method = target === '/only-post' ? 'POST' : 'GET'
    const { headers } = await seenBy(front, { method, target: `${target}/x`, headers: [adam] })
    t.same(headers[name.toLowerCase()], ['adam'], target)
    t.notOk(headers['x-forwarded-user'], target)
  }
})

t.test(
  'S-150: names of pieces and marks of sessions are ours, though sessions rest in a store here',
  async (t) => {
    const own = `claimgate-${front.gateway.port}`
    const line = `Cookie: ${own}-p2=canary-of-the-test; theirs=1; ${own}-ended=canary-of-the-test`
    for (const target of ['/public/x', '/maybe/x', '/other/x']) {
      const { headers } = await seenBy(front, { target, headers: [line] })
      t.same(headers.cookie, ['theirs=1'], target)
    }
  },
)
