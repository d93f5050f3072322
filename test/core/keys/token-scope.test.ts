import t from 'tap'
import { narrowed, readScope } from '../../../src/core/keys/token-scope.ts'
import type { Claims } from '../../../src/core/rules/claims.ts'

t.test('a scope is words with one space between them, each of which counts once', async (t) => {
  t.same(readScope('read'), ['read'])
  t.same(readScope('read write:all read'), ['read', 'write:all'])
  for (const text of ['', ' read', 'read ', 'read  write', 'read\twrite', 'r"ead', 'r\\ead', 'lösen', 'a\nb'])
    t.equal(readScope(text), null, JSON.stringify(text))
})

t.test('a principal is narrowed to some of its scopes, in the form in which they stand', async (t) => {
  const claimsOf = (claims: Claims, ...scopes: string[]) =>
    narrowed({ user: 'key:shop', provider: 'api_keys', claims }, scopes).claims
  t.same(claimsOf({ plan: 'paid', scope: 'read  write admin' }, 'write', 'read'), {
    plan: 'paid',
    scope: 'read write',
  })
  t.same(claimsOf({ scope: ['read', 'write admin'] }, 'admin'), { scope: ['admin'] })
  t.same(claimsOf({ scope: 'read', scp: ['read', 'admin'] }, 'read'), { scope: 'read', scp: ['read'] })
  t.same(claimsOf({ scope: 'read' }, 'write'), { scope: '' }, 'what the key lost is not brought back')
  t.same(claimsOf({ scope: { read: true }, scp: 7 }, 'read'), { scope: '', scp: '' })
  t.same(claimsOf({ plan: 'paid' }, 'read'), { plan: 'paid' }, 'nor is a claim that it has not')
})
