import { z } from "zod";
import { aliasFaults } from "../../model/aliases";

/** The aliases of one KMS key. */
export const aliasListSchema = z.array(z.string()).superRefine((list, issues) => {
  for (const { index, reason } of aliasFaults(list)) {
    issues.addIssue({ code: "custom", path: index < 0 ? [] : [index], message: reason });
  }
});
