import * as z from 'zod';

/** draft-inadarei-api-health-check. */
export const healthType = 'application/health+json';

const status = z.enum(['pass', 'fail']);

export const liveness = z.object({ status: z.literal('pass') }).meta({ id: 'Liveness' });

const check = z
  .object({
    status,
    componentType: z.enum(['datastore', 'component']),
    observedValue: z.number().min(0).meta({ example: 2 }),
    observedUnit: z.literal('ms'),
    time: z.iso.datetime().max(64).meta({ example: '2026-11-23T12:00:00.000Z' }),
  })
  .meta({ id: 'HealthCheck' });

export const readiness = z
  .object({
    status,
    checks: z.record(z.string().max(64), z.array(check).min(1).max(1)).meta({
      description: 'By dependency and what was measured of it',
      example: {
        'postgres-0:responseTime': [
          {
            status: 'pass',
            componentType: 'datastore',
            observedValue: 2,
            observedUnit: 'ms',
            time: '2026-11-23T12:00:00.000Z',
          },
        ],
      },
      override: { maxProperties: 64 },
    }),
  })
  .meta({ id: 'Readiness' });
