import t from 'tap'
import type { RedirectUri } from '../../../src/core/gateway.ts'
import { couldBeRedirectUri, redirectUriOf } from '../../../src/core/request/redirect-uri.ts'

const uriAt = (path: string, ...providers: readonly string[]): RedirectUri => ({
  uri: `https://wiki.example.com${path}`,
  path,
  segments: path.slice(1).split('/'),
  providers,
})

t.test('every accepted provider has a redirect URI, its own or a shared one', async (t) => {
  const redirectUris = [uriAt('/cb/acme', 'acme'), uriAt('/cb', 'one', 'two')]
  t.equal(redirectUriOf({ redirectUris }, 'acme').path, '/cb/acme')
  t.equal(redirectUriOf({ redirectUris }, 'two').path, '/cb')
  t.throws(() => redirectUriOf({ redirectUris }, 'nobody'), /no redirect URI for the provider nobody/)
})

t.test('one that is registered in capitals is spelt in any case too', async (t) => {
  const own = uriAt('/OAuth2/Callback', 'acme')
  for (const segments of [
    ['OAuth2', 'Callback'],
    ['oauth2', 'callback'],
    ['OAUTH2', 'CALLBACK;x'],
  ])
    t.equal(couldBeRedirectUri(own, segments), true, segments.join('/'))
  t.equal(couldBeRedirectUri(own, ['OAuth2', 'Callbacl']), false)
})

t.test('what some server could take for a redirect URI', async (t) => {
  const own = uriAt('/oauth2/callback', 'acme')
  for (const segments of [
    ['oauth2', 'callback'],
    ['OAuth2', 'CALLBACK'],
    ['oauth2', 'callback;x=1'],
    ['oauth2;', 'callback'],
    ['oauth2', 'callback#x'],
    ['oauth2', 'callback#'],
    ['oauth2', 'callback#x', 'more'],
    ['oauth2;x', 'CALLBACK;y#z', 'more'],
  ]) {
    t.equal(couldBeRedirectUri(own, segments), true, segments.join('/'))
  }
  for (const segments of [
    [],
    ['oauth2'],
    ['callback'],
    ['oauth2', 'callback', 'more'],
    ['more', 'oauth2', 'callback'],
    ['callback', 'oauth2'],
    ['oauth2#x', 'callback'],
    ['oauth2', 'callbac'],
    ['oauth2', 'callbacl'],
    ['oauth3', 'callback'],
    ['oauth2', 'callbackx'],
    ['oauth2', 'callbacK2'],
    ['oauth2', ';callback'],
    ['oauth2', '#callback'],
    ['', ''],
  ]) {
    t.equal(couldBeRedirectUri(own, segments), false, segments.join('/'))
  }
})
