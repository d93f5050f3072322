// Files of apps on AWS for `claimgate doctor`, and what is told of them.
import type { Test } from 'tap'
import { type Aws, type AwsOptions, roleKey, startAws } from '../support/aws/stand-in.ts'
import { look } from './rig.ts'

export const secret = 'a-shared-secret-of-thirty-two-bytes-and-more'

/** The seed's app behind a wrapper that lets in whoever knows the secret, as the documentation says. */
export const checking = `
import hmac, os
from seed_app import app as seed

def app(environ, start_response):
    given = environ.get("HTTP_X_GATEWAY_SECRET", "").encode("latin-1")
    if not hmac.compare_digest(given, os.environ["GATEWAY_SECRET"].encode()):
        start_response("403 Forbidden", [("Content-Type", "text/plain")])
        return [b"no"]
    return seed(environ, start_response)
`

export const keys = (key = roleKey) =>
  `credentials: { access_key_id: ${key.accessKeyId}, secret_access_key: "${key.secretAccessKey}", session_token: "${key.sessionToken}" }`

export const file = (upstream: string, more = '') => `
providers:
  main: { issuer: "http://127.0.0.1:9", client_id: gateway, client_secret: a-client-secret }
apps:
  wiki:
    url: http://localhost:8080
    upstream: ${upstream}
    require: signed_in
    locations:
      - { path: /admin, require: { groups: admins } }
    ${more}
`

export const signed = (
  place: { readonly url: string; readonly origin: string },
  sign: string,
  with_ = keys(),
) => `{ url: "${place.url}", aws: { sign: ${sign}, endpoint: "${place.origin}", ${with_} } }`

export const invoked = ({ lambda }: Aws, with_ = keys(), arn = lambda.arn) =>
  `{ lambda: { function: "${arn}" }, aws: { endpoint: "${lambda.origin}", ${with_} } }`

/** What is told of the app, but for where it is: `check outcome`, and the whole lines. */
export async function told(yaml: string) {
  const { findings, lines } = await look(yaml)
  const own = findings.filter(({ about }) => about === 'apps.wiki')
  return {
    own,
    outcomes: own.map(({ check, outcome }) => `${check} ${outcome}`),
    line: (check: string) => lines('apps.wiki', check)[0] ?? '',
  }
}

export const start = (t: Pick<Test, 'teardown'>, options: AwsOptions = {}) =>
  startAws(t, { env: { STRIP_STAGE_PATH: 'yes' }, ...options })
