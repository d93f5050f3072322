// Tokens as Microsoft and Amazon make them, through signature and judgement: which are whose.
import t from 'tap'
import { judgeAccessToken } from '../../../src/core/credential/access-token.ts'
import type { BearerSettings } from '../../../src/core/credential/bearer-settings.ts'
import { firstKey, signJwt } from '../../support/hostile-op.ts'
import {
  api,
  apiId,
  app,
  cognito,
  cognitoSubject,
  entra,
  entraObject,
  type ProviderToken,
} from '../../support/provider-tokens.ts'
import { someday, someNetwork, startRig } from '../fixtures.ts'
import { bearer } from './rig.ts'

type Row = readonly [string, ProviderToken, Partial<BearerSettings>, object]

const ofApi = { audiences: [api] }
const ofApiV2 = { audiences: [apiId] }
const ofClient = { audiences: [], clientIds: [cognito.client] }
const person = { kind: 'identified', principal: { by: { kind: 'bearer', isClient: false } } }
const invalid = { kind: 'refused', why: 'token-invalid' }
const notForUs = { kind: 'refused', why: 'token-not-for-us' }

function program(user: string): object {
  return { kind: 'identified', principal: { user, by: { kind: 'bearer', isClient: true } } }
}

const rows: readonly Row[] = [
  [
    'Entra v1: a person',
    entra.accessV1,
    { ...ofApi, userId: 'oid' },
    { ...person, principal: { user: entraObject }, scopes: ['Orders.Read', 'Orders.Write'] },
  ],
  [
    'Entra v2: a person',
    entra.accessV2,
    { ...ofApiV2, userId: 'oid' },
    { ...person, principal: { user: entraObject } },
  ],
  ['Entra v2 where v1 is meant', entra.accessV2, ofApi, notForUs],
  [
    'Entra v1: its client says nothing where it has aud',
    entra.accessV1,
    { audiences: [], clientIds: [app] },
    notForUs,
  ],
  ['Entra v1: a program', entra.programV1, ofApi, notForUs],
  ['Entra v2: a program', entra.programV2, ofApiV2, notForUs],
  [
    'Entra v1: a program that may',
    entra.programV1,
    { ...ofApi, acceptClients: true },
    program(`client:${app}`),
  ],
  [
    'Entra v2: a program that may',
    entra.programV2,
    { ...ofApiV2, acceptClients: true },
    program(`client:${app}`),
  ],
  ['Entra: a token for Graph', entra.graph, ofApi, { kind: 'refused' }],
  ['Entra: an ID token', entra.idToken, { audiences: [app] }, invalid],
  [
    'Cognito: a person, without aud and typ',
    cognito.access,
    ofClient,
    { ...person, principal: { user: cognitoSubject } },
  ],
  ['Cognito: another client', cognito.access, { audiences: [], clientIds: ['another'] }, notForUs],
  [
    'Cognito: audiences do not count where there is no aud',
    cognito.access,
    { audiences: [cognito.client] },
    notForUs,
  ],
  ['Cognito: a program', cognito.program, ofClient, notForUs],
  [
    'Cognito: a program that may',
    cognito.program,
    { ...ofClient, acceptClients: true },
    program(`client:${cognito.client}`),
  ],
  [
    'Cognito: an ID token',
    cognito.idToken,
    { audiences: [cognito.client], clientIds: [cognito.client] },
    invalid,
  ],
]

for (const [name, token, settings, expected] of rows)
  t.test(name, async (t) => {
    const rig = await startRig(t, { settings: () => ({ bearer: { ...bearer, ...settings } }) })
    const header = { alg: 'RS256', kid: 'k1', ...token.header }
    const claims = { iss: rig.op.issuer, iat: someday, exp: someday + 3600, ...token.claims }
    const raw = signJwt(header, claims, firstKey().privateKey)
    const reading = await rig.provider.readAccessToken(raw, someday, someNetwork)
    t.match(
      reading.kind === 'read' ? judgeAccessToken(reading.token, rig.settings, someday) : reading,
      expected,
    )
  })
