/** Whose habits a provider has: what differs from one to the other beyond its metadata. */
export type Preset =
  | 'google'
  | 'microsoft'
  | 'salesforce'
  | 'cognito'
  | 'okta'
  | 'auth0'
  | 'keycloak'
  | 'facebook'
  | 'generic'
