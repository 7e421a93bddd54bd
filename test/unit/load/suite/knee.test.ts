import { describe, expect, it } from 'vitest';
import { kneeOf } from '../../../load/suite/knee.ts';

describe('the knee of a stair', () => {
  it('is where more clients give no more, by the medians of the rounds', () => {
    const steps = [
      { clients: 2, perSecond: [400, 410, 390] },
      { clients: 4, perSecond: [780, 800, 10] },
      { clients: 8, perSecond: [990, 1_000, 3_000] },
      { clients: 16, perSecond: [1_010, 1_000, 1_020] },
      { clients: 32, perSecond: [900, 910, 890] },
    ];
    expect(kneeOf(steps)).toEqual({ perSecond: 1_010, clients: 8 });
    expect(kneeOf(steps.toReversed())).toEqual({ perSecond: 1_010, clients: 8 });
  });

  it('is the last step of a stair that was too short', () => {
    const steps = [
      { clients: 1, perSecond: [100] },
      { clients: 2, perSecond: [200] },
    ];
    expect(kneeOf(steps)).toEqual({ perSecond: 200, clients: 2 });
  });

  it('needs a stair', () => {
    expect(() => kneeOf([])).toThrow(RangeError);
  });
});
