// The usual set-up of a system test: provider and app in the test's process, the gateway between them in its own.
import { type Echo, startEcho } from './echo.ts'
import { type Op, type OpOptions, startOp } from './op.ts'
import { newPlace, type Place } from './process.ts'

export interface Stand {
  readonly place: Place
  readonly op: Op
  readonly echo: Echo
  /** The address of the app. */
  readonly url: string
  /** The name of the session cookie of an http origin. */
  readonly cookie: string
  /** A configuration of one provider, `op`, and one app, `wiki`. */
  yaml(parts?: YamlParts): string
  close(): Promise<void>
}

export interface YamlParts {
  /** Lines at the top level. */
  readonly top?: string
  /** Lines below the app, indented by four. */
  readonly app?: string
  readonly upstream?: string
  readonly issuer?: string
  readonly url?: string
}

export const sharedSecret = 'a-shared-secret-of-thirty-two-bytes-and-more'

const usualApp = `
    require: signed_in
    locations:
      - { path: /public, require: anyone }
      - { path: /admin, require: { groups: admins } }
`

export async function newStand(options: OpOptions & { readonly url?: string } = {}): Promise<Stand> {
  const [place, op, echo] = await Promise.all([newPlace(), startOp(options), startEcho()])
  const url = options.url ?? place.url
  op.register({
    redirectUris: [`${url}/.auth/callback`],
    postLogoutRedirectUris: [`${url}/.auth/logged-out`],
  })
  return {
    place,
    op,
    echo,
    url,
    cookie: `claimgate-${place.port}`,
    yaml: (parts = {}) => `
providers:
  op:
    issuer: ${parts.issuer ?? op.issuer}
    client_id: ${op.clientId}
    client_secret: ${op.clientSecret}
apps:
  wiki:
    url: ${parts.url ?? url}
    upstream: ${parts.upstream ?? echo.url}
    shared_secret: ${sharedSecret}
${parts.app ?? usualApp}
${parts.top ?? ''}`,
    close: async () => {
      await Promise.all([op.close(), echo.close()])
      place.remove()
    },
  }
}
