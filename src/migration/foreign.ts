/** Configurations of programs that do the same work and are not converted, by what only they have. */
const programs: readonly (readonly [string, readonly RegExp[]])[] = [
  ['Pomerium', [/^(?:routes|policy):/m, /^\s*(?:-\s+)?from:\s/m, /^\s*(?:-\s+)?to:\s/m]],
  ['Pomerium', [/^(?:authenticate_service_url|idp_provider|idp_client_id):/m]],
  ['Pomerium', [/^\s*(?:export\s+)?(?:AUTHENTICATE_SERVICE_URL|IDP_PROVIDER|IDP_CLIENT_ID)=/m]],
  ['Authelia', [/^(?:access_control|authentication_backend|identity_providers):/m]],
  ['Vouch', [/^vouch:/m]],
  ['Gatekeeper', [/^(?:discovery-url|upstream-url):/m]],
  ['Traefik', [/^http:\s*$/m, /^\s+(?:routers|middlewares):/m]],
  ['nginx', [/^\s*(?:proxy_pass|auth_request)\s+\S+;/m]],
]

/** The program whose configuration a text is, when it is one that is known and not converted. */
export function foreignProgram(text: string): string | null {
  return programs.find(([, patterns]) => patterns.every((pattern) => pattern.test(text)))?.[0] ?? null
}
