// Of which authority a certificate is, and whether that took it back: with certificates and lists of OpenSSL.
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { chainCertificate, openAuthority } from '../../../src/core/certificate/authority.ts'
import { judgeChain } from '../../../src/core/certificate/client-chain.ts'
import { createClientAuthority, type Issued } from '../../support/client-authority.ts'

const now = Math.floor(Date.now() / 1000)
const partners = createClientAuthority('Partners')
const staff = createClientAuthority('Staff')
const below = partners.intermediate('Below')
const alice = partners.issue('alice')
const bob = staff.issue('bob')
const ian = below.issue('ian')
const lost = partners.issue('lost')

function opened(name: string, ca: string, crl: string | null = null) {
  const { authority, faults } = openAuthority({ name, ca, crl })
  t.same(faults, [], name)
  return authority
}

const both = [opened('partners', partners.cert), opened('staff', staff.cert)]

function judge(shown: readonly Issued[], authorities = both, at = now) {
  const chain = shown.map(({ cert }) => chainCertificate(new X509Certificate(cert)))
  const verdict = judgeChain(
    chain.filter((one) => one !== null),
    authorities,
    at,
  )
  return verdict.ok ? verdict.authority : verdict.refusal
}

t.test('each certificate is of the authority that its chain ends at', async (t) => {
  t.equal(judge([alice]), 'partners')
  t.equal(judge([bob]), 'staff')
  t.equal(judge([ian, below]), 'partners')
  t.equal(judge([ian, bob, below, alice]), 'partners', 'whatever else is sent, in any order')
  t.equal(judge([ian]), 'untrusted', 'the one between is missing')
  t.equal(
    judge([ian], [opened('partners', partners.cert + below.cert)]),
    'partners',
    'but the file may have it',
  )
  t.equal(judge([createClientAuthority('Strange').issue('eve')]), 'untrusted')
  t.equal(judge([createClientAuthority('Partners').issue('eve')]), 'untrusted', 'of one with the same name')
  t.equal(judge([]), 'untrusted')
})

t.test('one whose way leads to two authorities is of none', async (t) => {
  const cross = staff.issue('Below', { extensions: ['basicConstraints=critical,CA:TRUE'] })
  t.equal(judge([ian, below, cross]), 'partners', 'another key of that name leads nowhere')
  const two = [opened('one', partners.cert), opened('other', partners.cert)]
  t.equal(judge([alice], two), 'several-authorities')
})

t.test('a key that two authorities signed leads to both', async (t) => {
  const crossed = crossSigned('Below', below, staff)
  t.equal(judge([ian, below]), 'partners')
  t.equal(judge([ian, crossed]), 'staff')
  t.equal(judge([ian, below, crossed]), 'several-authorities')
  t.equal(judge([ian, crossed, below]), 'several-authorities', 'in any order')
  const inFile = [opened('partners', partners.cert + below.cert), opened('staff', staff.cert)]
  t.equal(judge([ian, crossed], inFile), 'several-authorities', 'whoever sends one and leaves the other away')
  const lists = [opened('partners', partners.cert, partners.crl()), opened('staff', staff.cert)]
  t.equal(judge([ian, crossed], lists), 'staff', 'and no list of the one is asked for the other')
})

/** The certificate of one authority's key by another one. */
function crossSigned(name: string, of: Issued, by: Issued): Issued {
  const file = (end: string) => `${of.keyFile}.${end}`
  const run = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' })
  run('req', '-new', '-key', of.keyFile, '-subj', `/CN=${name}`, '-out', file('csr'))
  writeFileSync(file('ext'), 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign')
  const issuer = ['-CA', by.certFile, '-CAkey', by.keyFile, '-extfile', file('ext'), '-days', '30']
  run('x509', '-req', '-in', file('csr'), ...issuer, '-out', file('crossed'))
  return { ...of, cert: readFileSync(file('crossed'), 'utf8'), certFile: file('crossed') }
}

t.test('what was taken back does not count, and what no list covers neither', async (t) => {
  partners.revoke(lost)
  const lists = partners.crl() + below.crl()
  const ca = partners.cert + below.cert
  const authorities = [opened('partners', ca, lists), opened('staff', staff.cert)]
  t.equal(judge([lost], authorities), 'revoked')
  t.equal(judge([alice], authorities), 'partners')
  t.equal(judge([ian, below], authorities), 'partners')
  t.equal(judge([bob], authorities), 'staff', 'an authority without lists beside one that has some')
  t.equal(judge([ian, below], [opened('partners', ca, partners.crl())]), 'no-list', 'of the one between')
  t.equal(judge([alice], [opened('partners', ca, below.crl())]), 'no-list')
})

t.test('one between that was taken back takes all below it with it', async (t) => {
  const root = createClientAuthority('Root')
  const between = root.intermediate('Between')
  const leaf = between.issue('leaf')
  root.revoke(between)
  const authorities = [opened('root', root.cert + between.cert, root.crl() + between.crl())]
  t.equal(judge([leaf], authorities), 'revoked')
  t.equal(judge([leaf, between], authorities), 'revoked')
})

t.test('a list that has ended lets nobody in, and goes on to know who was taken back', async (t) => {
  const ended = [opened('partners', partners.cert, partners.crl(-1))]
  t.equal(judge([alice], ended), 'list-ended')
  t.equal(judge([lost], ended), 'revoked')
  const short = [opened('partners', partners.cert, partners.crl(1))]
  t.equal(judge([alice], short), 'partners')
  t.equal(judge([alice], short, now + 86_400 + 60), 'list-ended', 'while the gateway runs')
  t.equal(judge([alice], short, now - 2 * 86_400), 'list-ended', 'nor one that has not begun')
  const two = [opened('partners', partners.cert, partners.crl(-1) + partners.crl(7))]
  t.equal(judge([alice], two), 'partners', 'one in force beside it is enough')
})

t.test('faults of an authority are told, and what is faulty covers nobody', async (t) => {
  const faultsOf = (ca: string, crl: string | null) => openAuthority({ name: 'x', ca, crl }).faults
  t.match(faultsOf(below.cert, null), [{ of: 'ca', fault: 'no-root' }])
  const strange = createClientAuthority('Partners').crl()
  t.match(faultsOf(partners.cert, partners.crl() + strange), [{ of: 'crl', index: 1, fault: 'of-nobody' }])
  const { authority } = openAuthority({ name: 'x', ca: partners.cert, crl: strange })
  t.equal(judge([alice], [authority]), 'no-list', 'it is not as if it had no lists')
})

t.test('a ring of certificates ends', async (t) => {
  const ring = createClientAuthority('Ring')
  const again = ring.issue('Again', {
    subject: '/CN=Ring',
    extensions: ['basicConstraints=critical,CA:TRUE'],
  })
  t.equal(judge([ring.issue('leaf'), again, ring]), 'untrusted')
  t.equal(judge([ring.issue('leaf'), again, ring], [opened('ring', ring.cert)]), 'ring')
})
