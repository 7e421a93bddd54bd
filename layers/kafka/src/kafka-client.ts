import { Kafka, logLevel } from 'kafkajs';
import { calmRequestQueue } from './calm-request-queue.ts';

export interface KafkaConnection {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** 'iam' signs with the role of the process (MSK), over TLS. */
  readonly auth: 'none' | 'iam';
  readonly region?: string;
}

/** A kafkajs client with bounded time-outs. Its callers see faults, so it logs nothing itself. */
export const kafkaClient = (connection: KafkaConnection): Kafka => {
  calmRequestQueue();
  const { region = 'us-east-1' } = connection;
  return new Kafka({
    clientId: connection.clientId,
    brokers: [...connection.brokers],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2_000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 50, maxRetryTime: 1_000, retries: 5 },
    ...(connection.auth === 'iam'
      ? {
          ssl: true,
          sasl: { mechanism: 'oauthbearer', oauthBearerProvider: () => iamToken(region) },
        }
      : {}),
  });
};

/** The signer takes 82 ms to import, so only who needs it pays. */
const iamToken = async (region: string): Promise<{ value: string }> => {
  const { generateAuthToken } = await import('aws-msk-iam-sasl-signer-js');
  const { token } = await generateAuthToken({ region });
  return { value: token };
};
