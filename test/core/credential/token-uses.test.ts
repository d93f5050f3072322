import t from 'tap'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { isOfUse, tokenUses } from '../../../src/core/credential/token-uses.ts'
import { surroundings } from '../../config/surroundings.ts'

const provider = (name: string, more: string) =>
  `  ${name}: { issuer: "https://${name}.example.com", client_id: id, client_secret: s, user_id_prefix: "${name}:", ${more} }`

/** What is of use at one origin, by names. */
function usesOf(app: string, providers = [provider('acme', '')]) {
  const text = `
api_keys: { store: sqlite }
providers:
${providers.join('\n')}
apps:
  api: { url: "https://api.example.com", upstream: "http://127.0.0.1:1", ${app} }
  below: { url: "https://api.example.com/b", upstream: "http://127.0.0.1:1", provider: acme, require: signed_in }
`
  const loaded = loadGatewayFromText(text, surroundings)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues.map(({ message }) => message)))
  const origin = loaded.gateway.hosts.get('api.example.com')
  if (origin === undefined) throw new Error('no origin')
  const uses = tokenUses(loaded.gateway, origin)
  t.equal(tokenUses(loaded.gateway, origin), uses, 'found once')
  const names = (all: readonly { readonly name: string }[]) => all.map(({ name }) => name)
  const { ofKeys, ofWidgets, ofPairs, ofRefreshTokens } = uses
  return {
    ...{ keys: names(ofKeys), widgets: names(ofWidgets) },
    ...{ pairs: names(ofPairs), refresh: names(ofRefreshTokens), isOfUse: isOfUse(uses) },
  }
}

const none = { keys: [], widgets: [], pairs: [], refresh: [], isOfUse: false }
const exchange = (grants: string) => `bearer: { audiences: [a] }, exchange: { ${grants} }`

t.test('nothing is of use where people alone come in', async (t) => {
  t.same(usesOf('provider: acme, require: signed_in'), none)
})

t.test('keys and widgets are where an app or a location lists them', async (t) => {
  t.same(usesOf('provider: acme, credentials: [api_key], require: signed_in'), {
    ...{ ...none, keys: ['api'], isOfUse: true },
  })
  const location = 'locations: [{ path: /w, credentials: [widget], require: signed_in }]'
  t.same(usesOf(`provider: acme, require: signed_in, ${location}`), {
    ...{ ...none, widgets: ['api'], isOfUse: true },
  })
})

t.test(
  'pairs and refresh tokens are those of accepted providers, where their tokens open something',
  async (t) => {
    const both = provider('acme', exchange('client_credentials: {}, refresh_token: { client_id: app }'))
    const other = provider('other', exchange('client_credentials: {}, refresh_token: { client_id: app2 }'))
    const app = (credentials: string) => `provider: acme, credentials: [${credentials}], require: signed_in`
    t.same(usesOf(app('exchange'), [both, other]), {
      ...{ ...none, pairs: ['acme'], refresh: ['acme'], isOfUse: true },
    })
    t.same(usesOf(app('bearer'), [both, other]), {
      ...{ ...none, pairs: ['acme'], refresh: ['acme'], isOfUse: true },
    })
    const pairsAlone = provider('acme', exchange('client_credentials: {}'))
    t.same(usesOf(app('bearer'), [pairsAlone]), { ...none, pairs: ['acme'], isOfUse: true })
    t.same(usesOf(app('session'), [both]), none)
  },
)
