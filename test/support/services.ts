import type { RolePasswords } from '@atlas/postgres';

/** The real services a suite runs against; started and stopped by localstack/with-services.ts. */
export interface TestServices {
  /** Superuser URLs of two PostgreSQL servers (each suite makes databases of its own there). */
  readonly postgresAdminUrls: readonly string[];
  /** A superuser's URL of the standby that streams from the first. */
  readonly standbyAdminUrl: string;
  /** Of the roles that sign in; a role belongs to the whole server, so all suites share them. */
  readonly passwords: RolePasswords;
  readonly kafkaBrokers: readonly string[];
  readonly valkeyUrl: string;
  /** The AWS emulator. */
  readonly awsEndpoint: string;
  /** Under which localstack/process-record.ts knows the processes. */
  readonly profile: string;
}

export const testServices = (): TestServices => {
  const text = process.env.ATLAS_TEST_SERVICES;
  if (text === undefined) {
    throw new Error('no services: run the suite through make (make test-integration, make test …)');
  }
  return JSON.parse(text) as TestServices;
};
