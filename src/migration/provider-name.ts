/** The name of a provider, for the file: of a well-known one its own, else its host. */
export function providerName(issuer: string, several = false): string {
  const hostname = URL.parse(issuer)?.hostname ?? ''
  const known = knownNames.find(([pattern]) => pattern.test(hostname))?.[1]
  if (known !== undefined) return known
  return several && /^[A-Za-z0-9]/.test(hostname) ? hostname : 'main'
}

const knownNames: readonly (readonly [RegExp, string])[] = [
  [/^accounts\.google\.com$/, 'google'],
  [/^login\.microsoftonline\./, 'microsoft'],
  [/\.auth0\.com$/, 'auth0'],
  [/\.okta(?:preview|-emea)?\.com$/, 'okta'],
  [/salesforce\.com$/, 'salesforce'],
  [/^cognito-idp\./, 'cognito'],
]
