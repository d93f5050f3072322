import { inferPreset } from '../config/build/preset.ts'
import { clientPlaceholders } from '../config/schema/provider.ts'
import { readWebAddress } from '../config/web-address.ts'
import type { Preset } from '../core/preset.ts'

/** What the first file is made of; all of it from the command line or the provider. */
export interface FirstFile {
  readonly issuer: string
  /** Where its metadata is, when that is not below it; null: there. */
  readonly metadataUrl: string | null
  readonly upstream: string
  readonly url: string
  /** Whether one can sign out at the provider; null: it was not asked, and nothing is known. */
  readonly signsOut: boolean | null
}

/**
 * A first configuration with a sentence at each step that comes next. Values are quoted: they are somebody's input.
 * `lint` finds nothing in it: what is left to be decided says so where it is ignored.
 */
export function firstFile({ issuer, metadataUrl, upstream, url, signsOut }: FirstFile): string {
  const logout = signsOut === false ? ' (this provider names no sign-out of its own)' : ''
  const metadata = metadataUrl === null ? '' : `\n    metadata_url: ${quoted(metadataUrl)}`
  return `# Who may reach which app. Every key: docs/configuration.md; every rule: docs/rules.md.
# \`claimgate check\` finds all faults and says what to register at the provider.
${listenPart(url)}
providers:
  main:
    issuer: ${quoted(issuer)}${metadata}
    # The client as it is registered at the provider. Instead of the placeholder behind ":-" you may write the id.
    client_id: "\${env:OIDC_CLIENT_ID:-${clientPlaceholders.id}}"
    # Secrets stay out of this file: a variable, or "\${file:/run/secrets/client_secret}".
    client_secret: "\${env:OIDC_CLIENT_SECRET:-${clientPlaceholders.secret}}"

# Without \`secret\` one is generated into ./data, which serves a single instance. Several share one.
# lint-ignore: session-secret-missing because it is one instance so far
session:
  idle_timeout: 1h
  max_lifetime: 8h
  # secret: "\${env:SESSION_SECRET}"        # openssl rand -base64 32

apps:
  # With \`shared_secret\` the app can check that a request came through here: it compares X-Gateway-Secret.
  # lint-ignore: shared-secret-missing because it is still to be decided: that, or a network that lets nobody else through
  app:
    # What people browse, and where the app really is. Sign-out ends at /.auth/logged-out${logout}.
    url: ${quoted(url)}
    upstream: ${quoted(upstream)}
    # shared_secret: "\${env:APP_SHARED_SECRET}"   # openssl rand -base64 32
${requirePart(issuer)}
    # locations:
    #   - { path: /static, require: anyone }
    #   - { path: /admin, require: { groups: admins } }    # and what the app requires
`
}

/** Somebody's text as it stands: a provider that calls itself `${env:…}` puts in nothing of this machine. */
function quoted(text: string): string {
  return JSON.stringify(text.replaceAll('${', () => '$${'))
}

/** People come to the port that \`--url\` says, so something has to listen there. */
function listenPart(url: string): string {
  const read = readWebAddress(url)
  const port = URL.parse(url)?.port ?? ''
  if (!read.ok || port === '') return ''
  const tls = url.startsWith('https:')
    ? `# This is plain HTTP, for a load balancer that ends TLS. To end it here:
# listen: { address: "0.0.0.0:${port}", tls: [{ certificate: cert.pem, key: key.pem }] }
`
    : ''
  const admin = port === '9090' ? 'admin: "127.0.0.1:9091"\n' : ''
  return `\n# The port of the url below.\n${tls}listen: "0.0.0.0:${port}"\n${admin}`
}

/** Anybody in the world has an account at some providers: there \`signed_in\` would keep nobody out. */
function requirePart(issuer: string): string {
  const read = readWebAddress(issuer)
  const preset = read.ok ? inferPreset(read.address) : 'generic'
  return requireOf(preset, read.ok ? read.address.hostname : '')
}

function requireOf(preset: Preset, hostname: string): string {
  switch (preset) {
    case 'google':
      return `    # Anybody can have a Google account, so this asks for your Workspace domain. Write yours.
    require: { hd: example.com }`
    case 'salesforce':
      return /^(?:login|test)\.salesforce\.com$/.test(hostname)
        ? `    # Every organisation signs in there, so this asks for yours. Write its id.
    require: { organization_id: "00D000000000000EAA" }`
        : everyone
    case 'microsoft':
    case 'cognito':
    case 'okta':
    case 'auth0':
    case 'keycloak':
    case 'facebook':
    case 'generic':
      return everyone
  }
}

const everyone = `    # Everyone whom the provider knows. Narrower: { email: { domain: example.com } }, { groups: [staff] } …
    require: signed_in`
