/** Answers the API of uploads. */
export function handler(): Promise<{ statusCode: number }> {
  return Promise.resolve({ statusCode: 503 });
}
