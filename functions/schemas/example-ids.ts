/** Ids for the examples of the API description, which keep apart what must differ. */
export const exampleIds = {
  account: '0192f0c1-2a3b-7c00-8d9e-0f1a2b3c4d5e',
  otherAccount: '0192f0c1-2a3c-7c41-9b7f-5d2e8c1a6f03',
  transfer: '0192f0c2-51d8-7c2a-8f10-77b1c0de9a44',
  otherTransfer: '0192f0c2-8e07-7c9b-a3d5-1c9f4e6b2d70',
  hold: '0192f0c3-06fe-7c55-bb02-9e3d5a7c8f16',
} as const;
