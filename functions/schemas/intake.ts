import type { Intake } from '@atlas/domain';
import { refusalBody } from '@atlas/runtime';
import * as z from 'zod';
import * as p from './primitives.ts';

export const refusedProblem = z.looseObject({
  type: z.string().max(128).meta({ example: 'urn:atlas:problem:insufficient-funds' }),
  title: z.string().max(128).meta({ example: 'The account does not have enough available' }),
  status: z.int().min(400).max(599).meta({ example: 422 }),
  detail: z.string().max(4_096).meta({ example: 'Nothing was moved.' }),
  code: z.string().max(64).meta({ example: 'insufficient-funds' }),
  retryable: z.boolean().meta({ example: false }),
});

export const intakeSchema = z
  .object({
    intakeId: p.id('The intake'),
    status: z.enum(['accepted', 'posted', 'refused']),
    acceptedAt: p.time,
    settledAt: p.time.nullable().meta({ description: 'When it was posted or refused' }),
    transferId: p.id('The transfer that it was posted as').nullable(),
    problem: refusedProblem.nullable().meta({ description: 'Why it was refused' }),
    failedAttempts: z
      .int()
      .min(0)
      .meta({ description: 'How often posting it failed on our side; it is tried again' }),
  })
  .meta({ id: 'Intake', description: 'A transfer that was accepted, and what became of it.' });

export const intakeWire = (intake: Intake): z.input<typeof intakeSchema> => ({
  intakeId: intake.intakeId,
  status: intake.status,
  acceptedAt: intake.acceptedAt.toISOString(),
  settledAt: intake.settledAt?.toISOString() ?? null,
  transferId: intake.transferId,
  problem:
    intake.refusal === null
      ? null
      : (refusalBody(intake.refusal) as z.input<typeof refusedProblem>),
  failedAttempts: intake.failedAttempts,
});
