import { z } from "zod";

/** A text with which a rule finds no fault. */
export const faultless = (fault: (text: string) => string | undefined): z.ZodString =>
  z.string().superRefine((text, issues) => {
    const message = fault(text);
    if (message !== undefined) issues.addIssue({ code: "custom", message });
  });
