/** The three accounts of the demo's provider. They have no passwords: the login page has a button for each. */
export interface Person {
  readonly id: string
  readonly name: string
  /** What the login page says about them. */
  readonly about: string
  readonly organizationId: string
  readonly groups: readonly string[]
}

export const people: readonly Person[] = [
  {
    id: 'alice',
    name: 'Alice',
    about: 'works at Acme, is in no group: gets in, but not to /admin',
    organizationId: 'acme',
    groups: [],
  },
  {
    id: 'adam',
    name: 'Adam',
    about: 'works at Acme, is in the group admins: gets in everywhere',
    organizationId: 'acme',
    groups: ['admins'],
  },
  {
    id: 'olga',
    name: 'Olga',
    about: 'is in a group admins too, but of another organisation: gets in nowhere',
    organizationId: 'globex',
    groups: ['admins'],
  },
]

/** What the provider says about one of them, in the ID token and at its userinfo endpoint. */
export function claimsOf(person: Person): Readonly<Record<string, unknown>> {
  return {
    sub: person.id,
    name: person.name,
    preferred_username: person.id,
    email: `${person.id}@${person.organizationId}.example`,
    email_verified: true,
    organization_id: person.organizationId,
    groups: person.groups,
  }
}
