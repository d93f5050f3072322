import type { AnswerHead } from '../../core/ports.ts'

/** What an HTTP API of API Gateway says by itself, where no function or app was asked. */
export const httpApiWords = ['Not Found', 'Forbidden', 'Unauthorized'] as const
export type HttpApiWord = (typeof httpApiWords)[number]

const statuses: Readonly<Record<HttpApiWord, number>> = {
  'Not Found': 404,
  Forbidden: 403,
  Unauthorized: 401,
}

/** The lines of such an answer, and those that CloudFront adds. Each answer has an id, those of apps too. */
const ownLines =
  /^(?:date|content-type|content-length|connection|keep-alive|www-authenticate|apigw-requestid|via|x-cache|x-amz-cf-(?:pop|id))$/

/**
 * Which of these words an answer is, by its very bytes and by header lines of which none is an app's; null: none. No document
 * has this form: an app that takes pains to write the same cannot be told from it.
 */
export function readHttpApiWord({ statusCode, headers }: AnswerHead, body: string): HttpApiWord | null {
  const word = httpApiWords.find((one) => body === `{"message":"${one}"}` && statuses[one] === statusCode)
  if (word === undefined) return null
  const names = headers.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
  return names.includes('apigw-requestid') && names.every((name) => ownLines.test(name)) ? word : null
}
