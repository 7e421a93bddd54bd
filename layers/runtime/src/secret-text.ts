/** Where a secret is: in the environment itself, or in Secrets Manager. */
interface SecretPlace {
  readonly text: string | undefined;
  readonly arn: string | undefined;
}

/** Together less than what any budget has left when a secret is first needed. */
const bounded = {
  maxAttempts: 2,
  // Unless it is told to throw, the SDK only logs that a request takes too long, and waits on.
  requestHandler: { connectionTimeout: 400, requestTimeout: 800, throwOnRequestTimeout: true },
};

/** A secret that is fetched at first use and then kept; a fetch that fails is tried again. */
export const secretText = (name: string, place: () => SecretPlace): (() => Promise<string>) => {
  let known: Promise<string> | undefined;
  const fetchText = async (): Promise<string> => {
    const { text, arn = '' } = place();
    if (text !== undefined) return text;
    const { SecretsProvider } = await import('@aws-lambda-powertools/parameters/secrets');
    const provider = new SecretsProvider({ clientConfig: bounded });
    const secret = await provider.get(arn);
    if (typeof secret !== 'string') throw new Error(`the secret of ${name} has no text`);
    return secret;
  };
  return () => {
    known ??= fetchText().catch((error) => {
      known = undefined;
      throw error;
    });
    return known;
  };
};
