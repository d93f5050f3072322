import { clientPlaceholders } from '../config/schema/provider.ts'

/** What the first file is made of; all of it from the command line or the provider. */
export interface FirstFile {
  readonly issuer: string
  /** Where its metadata is, when that is not below it; null: there. */
  readonly metadataUrl: string | null
  readonly upstream: string
  readonly url: string
  readonly signsOut: boolean
}

/** A first configuration with a sentence at each step that comes next. Values are quoted: they are somebody's input. */
export function firstFile({ issuer, metadataUrl, upstream, url, signsOut }: FirstFile): string {
  const logout = signsOut ? '' : ' (this provider names no sign-out of its own)'
  const metadata = metadataUrl === null ? '' : `\n    metadata_url: ${JSON.stringify(metadataUrl)}`
  return `# Who may reach which app. Every key: docs/configuration.md; every rule: docs/rules.md.
# \`claimgate check\` finds all faults and says what to register at the provider.

providers:
  main:
    issuer: ${JSON.stringify(issuer)}${metadata}
    # The client as it is registered at the provider. Instead of the placeholder behind ":-" you may write the id.
    client_id: "\${env:OIDC_CLIENT_ID:-${clientPlaceholders.id}}"
    # Secrets stay out of this file: a variable, or "\${file:/run/secrets/client_secret}".
    client_secret: "\${env:OIDC_CLIENT_SECRET:-${clientPlaceholders.secret}}"

session:
  idle_timeout: 1h
  max_lifetime: 8h
  # Seals cookies. Without it one is generated into ./data, which serves a single instance.
  # secret: "\${env:SESSION_SECRET}"        # openssl rand -base64 32

apps:
  app:
    # What people browse, and where the app really is. Sign-out ends at /.auth/logged-out${logout}.
    url: ${JSON.stringify(url)}
    upstream: ${JSON.stringify(upstream)}
    # The app can check that a request came through here: it compares X-Gateway-Secret.
    # shared_secret: "\${env:APP_SHARED_SECRET}"   # openssl rand -base64 32
    # Everyone whom the provider knows. Narrower: { email: { domain: example.com } }, { groups: [staff] } …
    require: signed_in
    # locations:
    #   - { path: /static, require: anyone }
    #   - { path: /admin, require: { groups: admins } }    # and signed_in, from the app
`
}
