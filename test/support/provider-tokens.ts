// What access tokens and ID tokens of well-known providers hold, as their documents have it: header and claims without
// `iss`, `iat` and `exp`, which a test adds. Microsoft: "Access token claims reference", "ID token claims reference".
// Amazon: "Understanding user pool JSON web tokens", "Scopes, M2M, and resource servers".
import type { Fields } from './signed-jwt.ts'

export interface ProviderToken {
  readonly header: Fields
  readonly claims: Fields
}

export const api = 'api://6e74172b-be56-4843-9ff4-e66a39bb12e3'
/** The same API in tokens of version 2, whose `aud` is its client id. */
export const apiId = '6e74172b-be56-4843-9ff4-e66a39bb12e3'
export const app = '1b6e6d5f-7a2c-4f0e-9a55-0c4f4c1a2b3c'
const tenant = '9188040d-6c67-4c5b-b112-36a304b66dad'

const entraHeader: Fields = { typ: 'JWT', x5t: 'i6lGk3FZzxRcUb2C3nEQ7syHJlY' }
/** Of the person, in the tenant: the same in the tokens of every app. */
export const entraObject = '690222be-ff1a-4d56-abd1-7e4f7d38e474'
const entraPerson: Fields = {
  oid: entraObject,
  sub: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
  tid: tenant,
  uti: 'fqiBqXLPj0eQa82S-IYFAA',
  rh: '0.AgEAWwdLEqC',
}
/** A program's own: its object in the tenant is its subject. */
const entraProgram: Fields = {
  oid: 'c2f3a1d0-5b7e-4a91-8d7c-1f2e3d4c5b6a',
  sub: 'c2f3a1d0-5b7e-4a91-8d7c-1f2e3d4c5b6a',
  tid: tenant,
  roles: ['Orders.Read.All'],
}

const entraScope: Fields = { scp: 'Orders.Read Orders.Write' }

export const entra = {
  accessV1: {
    header: entraHeader,
    claims: {
      ...{ ...entraPerson, ...entraScope, aud: api, appid: app, appidacr: '1', ver: '1.0' },
      ...{
        amr: ['pwd', 'mfa'],
        upn: 'alice@acme.example',
        unique_name: 'alice@acme.example',
        ipaddr: '192.0.2.7',
      },
    },
  },
  accessV2: {
    header: entraHeader,
    claims: {
      ...{ ...entraPerson, ...entraScope, aud: apiId, azp: app, azpacr: '1', ver: '2.0' },
      ...{ name: 'Alice', preferred_username: 'alice@acme.example' },
    },
  },
  programV1: {
    header: entraHeader,
    claims: { ...entraProgram, aud: api, appid: app, appidacr: '2', ver: '1.0' },
  },
  programV2: {
    header: entraHeader,
    claims: { ...entraProgram, aud: apiId, azp: app, azpacr: '2', ver: '2.0', idtyp: 'app' },
  },
  /** For Microsoft Graph: whose signature nobody else can verify, and which is none of our business. */
  graph: {
    header: { ...entraHeader, nonce: 'aFqY3rU' },
    claims: {
      ...entraPerson,
      scp: 'User.Read',
      aud: '00000003-0000-0000-c000-000000000000',
      appid: app,
      ver: '1.0',
    },
  },
  idToken: {
    header: { typ: 'JWT' },
    claims: { ...entraPerson, aud: app, nonce: '12345', name: 'Alice', ver: '2.0' },
  },
} as const satisfies Readonly<Record<string, ProviderToken>>

const cognitoClient = '1example23456789'
export const cognitoSubject = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee'
const cognitoPerson: Fields = {
  sub: cognitoSubject,
  'cognito:groups': ['admins'],
  origin_jti: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
  event_id: '64f513be-32db-42b0-b78e-b02127b4f463',
  auth_time: 1_900_000_000,
}

export const cognito = {
  client: cognitoClient,
  access: {
    header: {},
    claims: {
      ...{ ...cognitoPerson, client_id: cognitoClient, token_use: 'access', version: 2, username: 'alice' },
      scope: 'aws.cognito.signin.user.admin openid',
    },
  },
  program: {
    header: {},
    claims: {
      sub: cognitoClient,
      client_id: cognitoClient,
      token_use: 'access',
      version: 2,
      scope: 'orders/read',
    },
  },
  idToken: {
    header: {},
    claims: {
      ...{ ...cognitoPerson, aud: cognitoClient, token_use: 'id', email: 'alice@acme.example' },
      'cognito:username': 'alice',
    },
  },
} as const
