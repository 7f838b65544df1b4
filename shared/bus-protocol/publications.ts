import { z } from 'zod';

/**
 * `investigation.<id>.anomaly`. Any JSON object is taken; these two fields have a meaning of their own, and
 * everything reaches clients in `details`.
 */
export const anomalyPayload = z.looseObject({
  severity: z.string().optional(),
  description: z.string().nullish(),
});

/** `investigation.<id>.<kind>`: fields of the publisher's own. */
export const investigationUpdatePayload = z.record(z.string(), z.unknown());

/** `session.<id>.notification`: fields of the publisher's own. */
export const notificationPayload = z.record(z.string(), z.unknown());
