import { z } from "zod";
import { afterRotations } from "../../model/key-versions";
import type { PlainRecord } from "../contract";

const settings = z.object({
  follow: z.boolean().default(true),
  rotationMode: z.enum(["new-key", "in-place"]).default("new-key"),
  afterRotation: z.enum(afterRotations).default("keep"),
  disableDays: z.number().default(30),
  acknowledgeOldOutputs: z.boolean().default(false),
});

/** How a key is rotated. */
export type RotationSettings = z.infer<typeof settings>;

/** The settings of checked inputs, with the defaults of what the program does not name or a preview does not know yet. */
export const rotationSettings = (inputs: PlainRecord): RotationSettings =>
  settings.safeParse(inputs).data ?? settings.parse({});
