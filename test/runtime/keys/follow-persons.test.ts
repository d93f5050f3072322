// Keys of persons stay true: by a sign-in and by a provider that is asked again, whatever keeps the sessions.
import t from 'tap'
import type { Gateway } from '../../../src/core/gateway.ts'
import { Secret } from '../../../src/core/secret.ts'
import { followRenewal } from '../../../src/runtime/keys/follow-persons.ts'
import type { RenewalEvent } from '../../../src/runtime/renewals/event.ts'
import { acme, keyOf, personKeyOf } from '../../core/keys/keys.ts'
import { sessionOf } from '../../store/contract.ts'
import { openMint } from '../../support/mint.ts'
import { gatewayOf } from '../../support/model.ts'
import { poll } from '../../support/waiting.ts'
import { apiKeySettings, keyEdition, openRuntimeKeys } from './keys.ts'

const free = { ofPerson: null, now: 1000 }

function gatewayWith(dataFolder: string, store: Gateway['session']['store']): Gateway {
  const gateway = gatewayOf(`
providers:
  acme: { issuer: "https://acme.example.com", client_id: id, client_secret: s }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: http://10.0.0.5
    require: signed_in
`)
  const session = { ...gateway.session, store, secrets: [new Secret('s'.repeat(32))] }
  return { ...gateway, dataFolder, session, apiKeys: apiKeySettings }
}

for (const kind of ['sqlite', 'memory', 'cookie'] as const)
  t.test(`a sign-in brings the person’s keys up to date: ${kind}`, async (t) => {
    const mint = openMint(gatewayWith(t.testdir(), { kind }), 'wiki.example.com')
    t.teardown(() => mint.close())
    const { keys } = mint.runtime
    if (keys === null) throw new Error('there are keys')
    await keys.store.create(personKeyOf('a', { asleep: true }), free)
    const bob = { kind: 'person', ...acme, user: 'bob' } as const
    await keys.store.create(personKeyOf('b', { owner: bob, asleep: true }), free)
    await mint.session({ user: 'alice', claims: { sub: 'alice', plan: 'free', ssn: '1' } })
    const key = await poll(
      'the key awake',
      () => keys.store.load(keyOf('a').id),
      (one) => one?.asleep === false,
    )
    t.same(key?.claims, { sub: 'alice', plan: 'free' })
    t.ok((key?.claimsAt ?? 0) > 1_700_000_000)
    t.match(await keys.store.load(keyOf('b').id), { asleep: true })
  })

t.test('a provider that is asked again brings them up to date, and puts them to sleep', async (t) => {
  const edition = keyEdition()
  const [settings] = edition.gateway.providers.values()
  if (settings === undefined) throw new Error('there is a provider')
  const asked = { ...settings, recheck: { everySeconds: 60, unansweredSeconds: null } }
  const providers = new Map([['acme', asked]])
  const { keys, store, ask } = openRuntimeKeys(t, { gateway: { ...edition.gateway, providers } })
  await store.create(personKeyOf('a', { claimsAt: 1500 }), free)
  const session = sessionOf('s', { ...acme, claims: { sub: 'alice', plan: 'new' }, checkedAt: 1900 })
  const event = (why: Extract<RenewalEvent, { kind: 'ended' }>['why']): RenewalEvent => ({
    ...{ kind: 'ended', provider: 'acme', session, why, message: '' },
  })
  followRenewal(keys, { kind: 'renewed', provider: 'acme', session, ms: 1 })
  await poll(
    'the claims',
    () => store.load(keyOf('a').id),
    (key) => key?.claims.plan === 'new' && key.claimsAt === 1900,
  )
  for (const why of ['insufficient', 'unanswered', 'not-stored'] as const) followRenewal(keys, event(why))
  t.equal(await ask(keyOf('a')), 'identified')
  const gone = ['grant-refused', 'subject-differs', 'token-invalid', 'userinfo-refused', 'user-differs']
  for (const why of gone as readonly Parameters<typeof event>[0][]) {
    followRenewal(keys, event(why))
    await poll(
      `asleep by ${why}`,
      () => ask(keyOf('a')),
      (found) => found === 'key-asleep',
    )
    keys.signedIn({ ...acme, user: 'alice', claims: session.claims, at: 1950 }, 'sign-in')
    await poll(
      'awake again',
      () => ask(keyOf('a')),
      (found) => found === 'identified',
    )
  }
})
