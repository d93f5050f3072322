// What AWS's own pages show, byte for byte. "Signature calculations for the Authorization header: transferring payload in a
// single chunk", in the Amazon S3 API reference, has these two requests, their keys and their signatures.
import t from 'tap'
import {
  type AwsCredentials,
  type SignedRequest,
  signatureLines,
} from '../../../src/upstream/aws/signature.ts'

const example: AwsCredentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: null,
  endsAtMs: null,
}

const shown: SignedRequest = {
  method: 'GET',
  path: '/',
  host: 'examplebucket.s3.amazonaws.com',
  headers: [],
  payload: null,
  service: 's3',
  region: 'us-east-1',
  nowSeconds: Date.UTC(2013, 4, 24) / 1000,
}

t.test('the signatures that AWS shows', async (t) => {
  const of = (path: string) => signatureLines({ ...shown, path }, example)
  t.same(of('/?lifecycle'), [
    'X-Amz-Date',
    '20130524T000000Z',
    'X-Amz-Content-Sha256',
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'Authorization',
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ' +
      'SignedHeaders=host;x-amz-content-sha256;x-amz-date, ' +
      'Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  ])
  t.match(
    of('/?max-keys=2&prefix=J').at(-1),
    /Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7$/,
  )
})
