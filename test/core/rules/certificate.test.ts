// The condition `certificate`: a fact of the connection, known before anybody is identified.
import t from 'tap'
import type { CertificateClaim } from '../../../src/core/certificate/claims.ts'
import type { ConnectionCertificate } from '../../../src/core/certificate/connection-certificate.ts'
import { opensByCertificate, wantsOtherCertificate } from '../../../src/core/rules/by-certificate.ts'
import { describeRefusal, explainRequirement } from '../../../src/core/rules/explain.ts'
import type { Matcher } from '../../../src/core/rules/matcher.ts'
import { judge, providersThatCould, type Requirement } from '../../../src/core/rules/requirement.ts'
import { isOpen, remaining } from '../../../src/core/rules/way.ts'
import { waysIn } from '../../../src/core/rules/ways-in.ts'
import { letsInNobody } from '../../../src/core/rules/without-credential.ts'
import { connectionCertificate } from '../../support/certificates.ts'

const says = (claim: CertificateClaim, ...values: readonly string[]): Requirement => {
  const text = JSON.stringify(values[0])
  return {
    kind: 'certificate',
    claim,
    matcher: { tests: [{ kind: 'is', values }], not: null, exists: null, text },
  }
}
const matches = (claim: CertificateClaim, matcher: Partial<Matcher>): Requirement => {
  return {
    kind: 'certificate',
    claim,
    matcher: { tests: [], not: null, exists: null, text: 'x', ...matcher },
  }
}
const all = (...members: readonly Requirement[]): Requirement => ({ kind: 'all', members })
const any = (...members: readonly Requirement[]): Requirement => ({ kind: 'any', members })
const none = (...members: readonly Requirement[]): Requirement => ({ kind: 'none', members })
const signedIn: Requirement = { kind: 'signed_in' }
const staff: Requirement = {
  ...{ kind: 'claim', path: 'groups' },
  matcher: { tests: [{ kind: 'is', values: ['staff'] }], not: null, exists: null, text: '"staff"' },
}

const acme = connectionCertificate({ organization: 'Acme' })
const other = connectionCertificate({ organization: ['Other', 'Evil'] })
const bare = connectionCertificate({})
const alice = { kind: 'person', provider: 'op', claims: { groups: ['staff'] } } as const
const anonymous = { kind: 'anonymous' } as const

type Shown = ConnectionCertificate | null

const situation = (certificate: Shown, subject: typeof alice | typeof anonymous) => {
  return { subject, clientAddress: null, certificate }
}

t.test('it is known whoever asks, and what was not shown lets nobody in, negated or not', async (t) => {
  const rows: readonly (readonly [string, Requirement, Shown, unknown, unknown])[] = [
    //                                       nobody known, somebody known
    ['it says so', says('organization', 'Acme'), acme, true, true],
    ['it says otherwise', says('organization', 'Acme'), other, false, false],
    ['one of several', says('organization', 'Evil'), other, true, true],
    ['it says nothing of it', says('organization', 'Acme'), bare, false, false],
    ['none was shown', says('organization', 'Acme'), null, false, false],
    ['none of: it says so', none(says('organization', 'Acme')), acme, false, false],
    ['none of: it says otherwise', none(says('organization', 'Acme')), other, 'unknown', true],
    ['none of: it says nothing of it', none(says('organization', 'Acme')), bare, false, false],
    ['none of: none was shown', none(says('organization', 'Acme')), null, false, false],
    ['none of none: none was shown', none(none(says('organization', 'Acme'))), null, 'unknown', false],
    ['not: it says otherwise', matches('organization', { not: matcherOf('Acme') }), other, true, true],
    ['not: it says nothing of it', matches('organization', { not: matcherOf('Acme') }), bare, false, false],
    ['not: none was shown', matches('organization', { not: matcherOf('Acme') }), null, false, false],
    ['exists', matches('organization', { exists: true }), bare, false, false],
    ['exists: false', matches('organization', { exists: false }), bare, true, true],
    ['exists: false, none was shown', matches('organization', { exists: false }), null, false, false],
    ['an emptied list', matches('organization', { tests: [{ kind: 'is', values: [] }] }), acme, false, false],
    [
      'none of an emptied list',
      none(matches('organization', { tests: [{ kind: 'is', values: [] }] })),
      acme,
      ...([false, false] as const),
    ],
    ['beside a session', all(says('organization', 'Acme'), staff), acme, 'unknown', true],
    ['beside a session, none was shown', all(says('organization', 'Acme'), staff), null, false, false],
    ['or a session', any(says('organization', 'Acme'), staff), null, 'unknown', true],
    ['or a session, it says so', any(says('organization', 'Acme'), staff), acme, true, true],
  ]
  for (const [name, rule, certificate, nobody, person] of rows) {
    t.equal(judge(rule, situation(certificate, anonymous)), nobody, `${name}: nobody is known`)
    t.equal(judge(rule, situation(certificate, alice)), person, `${name}: somebody is known`)
  }
})

function matcherOf(value: string): Matcher {
  return { tests: [{ kind: 'is', values: [value] }], not: null, exists: null, text: JSON.stringify(value) }
}

t.test('a sign-in is offered only where the connection has what is asked of it', async (t) => {
  const rule = all(says('authority', 'partners'), staff)
  t.strictSame(providersThatCould(rule, ['op'], { clientAddress: null, certificate: acme }), ['op'])
  t.strictSame(providersThatCould(rule, ['op'], { clientAddress: null, certificate: null }), [])
})

t.test('which fact of the connection refuses', async (t) => {
  const office: Requirement = {
    kind: 'client_ip',
    ranges: [{ family: 4, value: 0n, length: 8, text: '0.0.0.0/8' }] as never,
  }
  const at = (certificate: Shown) => ({ clientAddress: null, certificate })
  t.ok(wantsOtherCertificate(says('authority', 'partners'), at(null)))
  t.ok(wantsOtherCertificate(none(says('organization', 'Acme')), at(acme)))
  t.ok(
    wantsOtherCertificate({ kind: 'policy', name: 'p', requirement: all(says('authority', 'x')) }, at(acme)),
  )
  t.notOk(wantsOtherCertificate(all(office, says('authority', 'partners')), at(null)), 'the address does too')
  t.notOk(wantsOtherCertificate(all(office, signedIn), at(null)))
})

t.test('whether a certificate lets in by itself', async (t) => {
  const at = (certificate: Shown) => ({ clientAddress: null, certificate })
  t.ok(opensByCertificate(says('organization', 'Acme'), at(acme)))
  t.ok(opensByCertificate(any(staff, says('organization', 'Acme')), at(acme)))
  t.notOk(opensByCertificate(any(staff, says('organization', 'Acme')), at(other)))
  t.notOk(opensByCertificate(all(staff, says('organization', 'Acme')), at(acme)), 'not beside a session')
  t.notOk(opensByCertificate(says('organization', 'Acme'), at(null)))
})

t.test('it is a way in, for whoever shows one', async (t) => {
  const accepted = [{ credential: 'session', provider: 'op', isClient: false }] as const
  const rule = any(says('authority', 'partners'), all(staff, says('organization', 'Acme')))
  const { ways, complete } = waysIn(rule, accepted)
  t.ok(complete)
  t.match(ways, [
    { by: null, claims: [], certificate: [{ path: 'authority', wanted: true }] },
    { by: accepted, claims: [{ path: 'groups' }], certificate: [{ path: 'organization' }] },
  ])
  for (const [shown, open] of [
    [acme, [true, false]],
    [null, [false, false]],
  ] as const)
    t.strictSame(
      ways.map((way) => isOpen(remaining(way, situation(shown, anonymous)))),
      open,
    )
  t.strictSame(
    ways.map((way) => isOpen(remaining(way, situation(acme, alice)))),
    [true, true],
  )
  const never = all(says('organization', 'Acme'), none(says('organization', 'Acme')))
  t.strictSame(waysIn(never, accepted).ways, [], 'nobody can say it and not say it')
  const wide = waysIn(any(says('organization', 'Acme'), all(says('organization', 'Acme'), staff)), accepted)
  t.equal(wide.ways.length, 1, 'who is let in by less is let in by more')
  t.ok(letsInNobody({ kind: 'rule', requirement: says('authority', 'partners') }))
  t.notOk(letsInNobody({ kind: 'rule', requirement: all(says('authority', 'partners'), staff) }))
})

t.test('a refusal names what the certificate says', async (t) => {
  const told = (rule: Requirement, certificate: Shown) =>
    describeRefusal(explainRequirement(rule, null, { clientAddress: null, certificate }))
  t.equal(told(says('organization', 'Acme'), bare), 'certificate.organization was missing, rule wants "Acme"')
  t.equal(
    told(says('organization', 'Acme'), null),
    'certificate.organization was no client certificate that counts, rule wants "Acme"',
  )
  t.match(
    told(says('organization', 'Acme'), other),
    /certificate\.organization was .*Other.*rule wants "Acme"/,
  )
})

t.test('the judge and the ways in agree, whatever is shown', async (t) => {
  const accepted = [{ credential: 'session', provider: 'op', isClient: false }] as const
  const leaves = [says('authority', 'partners'), says('organization', 'Acme'), staff, signedIn]
  const shown: readonly Shown[] = [acme, other, bare, null]
  const rules = leaves.flatMap((one) => [
    ...leaves.flatMap((two) => [all(one, two), any(one, two), none(one, two), all(none(one), two)]),
    none(none(one)),
  ])
  for (const rule of rules)
    for (const certificate of shown)
      for (const subject of [alice, anonymous] as const) {
        const now = situation(certificate, subject)
        const open = waysIn(rule, accepted).ways.some((way) => isOpen(remaining(way, now)))
        t.equal(open, judge(rule, now) === true, JSON.stringify([rule, certificate?.claims, subject.kind]))
      }
})
