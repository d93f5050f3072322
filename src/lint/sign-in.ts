import { nodeAt } from '../config/node.ts'
import type { App, Location } from '../core/gateway.ts'
import { type Check, foundAt } from './check.ts'

/** How people sign in. */
export const signInChecks: readonly Check[] = [
  {
    id: 'token-signed-by-secret',
    severity: 'note',
    finds: 'ID tokens that are signed by the client secret',
    why: 'With `HS256`, somebody who sees one ID token can try texts as the secret, as fast as hashes go, without asking anybody. A secret that a person made up is found in this way. Whoever knows the secret can sign in as anybody.',
    fix: 'If the provider has a key of its own, let it sign with that (`RS256`), and remove this key. Otherwise make sure that a machine made the secret (`openssl rand -base64 32`), and say so in a comment.',
    example: `providers:
  main: { issuer: "https://id.example.com", id_token_signed_response_alg: HS256 }`,
    find: (subject) =>
      [...subject.gateway.providers.values()].flatMap(({ name, signingAlgorithms }) => {
        if (signingAlgorithms?.includes('HS256') !== true) return []
        const path = ['providers', name, 'id_token_signed_response_alg']
        return [foundAt(subject, path, `whoever sees an ID token of "${name}" can try secrets against it`)]
      }),
  },
  {
    id: 'fragment-never-kept',
    severity: 'warning',
    finds: 'A `keep_fragment` where nobody is sent to sign in',
    why: 'What follows the `#` of an address is kept while somebody signs in. At this app nobody is sent to do so: everything is open, or is answered with 401.',
    fix: 'Write it at the app whose pages need a sign-in. If the app itself begins the sign-in, its link to `/.auth/login` brings the part behind the `#` along; then say so in a comment.',
    example: `keep_fragment: true
require: anyone`,
    find: (subject) =>
      subject.gateway.apps.flatMap((app) => {
        const path = ['apps', app.name, 'keep_fragment']
        if (!app.keepFragment || nodeAt(subject.root, path) === undefined || sendsToSignIn(app)) return []
        return [foundAt(subject, path, `nobody is sent from "${app.name}" to sign in`)]
      }),
  },
  {
    id: 'parameter-replaceable',
    severity: 'warning',
    finds: 'A parameter of the sign-in that every link may replace',
    why: '`authorization_parameters` says what is asked for, and `pass_parameters` lets whoever makes a link to `/.auth/login` ask for something else: another organisation, another identity provider behind this one. The value in the link replaces the one in the file.',
    fix: 'Remove the name from `pass_parameters`. If the value in the file is a mere suggestion, say so in a comment. Write what must hold in a rule: `require: { hd: example.com }`.',
    example: `providers:
  main:
    authorization_parameters: { kc_idp_hint: staff }
    pass_parameters: [kc_idp_hint]`,
    find: (subject) =>
      [...subject.gateway.providers.values()].flatMap((provider) =>
        provider.passParameters
          .filter((parameter) => provider.authorizationParameters.has(parameter))
          .map((parameter) => {
            const path = ['providers', provider.name, 'pass_parameters']
            return foundAt(subject, path, `every link may replace the "${parameter}" that is written`)
          }),
      ),
  },
]

function sendsToSignIn({ fallback, allLocations }: App): boolean {
  return [fallback, ...allLocations].some(redirects)
}

function redirects({ access, unauthenticated, credentials }: Location): boolean {
  return access.kind === 'rule' && unauthenticated === 'sign_in' && credentials.includes('session')
}
