import type { InclusionProof } from '@atlas/domain';
import * as z from 'zod';
import * as p from './primitives.ts';

const exampleHash = '5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9';

const hash = (description: string) =>
  z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .max(64)
    .meta({ description, example: exampleHash });

const proofSchema = z
  .object({
    leaf: z.object({
      text: z
        .string()
        .max(1_048_576)
        .meta({ description: 'Every row that was sealed, in its canonical form' }),
      hash: hash('SHA-256 of a byte 0 and the text'),
      index: z.int().min(0).meta({ description: 'Its place in the block, from 0' }),
    }),
    path: z
      .array(hash('A neighbour on the way to the root'))
      .max(32)
      .meta({ description: 'From the leaf to the root of the block (RFC 9162)' }),
    block: z.object({
      partition: z.int().min(0).max(255),
      height: z.int().min(1).meta({ description: 'Its place in the chain of the partition' }),
      tenant: z.string().max(64),
      previousHash: hash('Of the block below; zeros for the first'),
      root: hash('Of the tree of its leaves'),
      leafCount: z.int().min(1),
      indexHash: hash('Of the list of its leaves'),
      sealedAt: z.string().max(27).meta({
        description: 'To the microsecond',
        example: '2026-11-23T12:00:00.000000Z',
      }),
      hash: hash('SHA-256 of a byte 2 and the fields above'),
    }),
  })
  .meta({ id: 'InclusionProof', description: 'Can be checked without asking anybody.' });

export const transferProofSchema = z
  .object({
    transferId: p.id('The transfer'),
    proofs: z.array(proofSchema).max(256).meta({
      description: 'One for each partition that the transfer touches; its own is the first',
    }),
  })
  .meta({ id: 'TransferProof' });

export const transferProofWire = (
  transferId: string,
  proofs: readonly InclusionProof[],
): z.input<typeof transferProofSchema> => ({
  transferId,
  proofs: proofs.map((proof) => ({ ...proof, path: [...proof.path] })),
});
