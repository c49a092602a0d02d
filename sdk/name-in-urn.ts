/** `urn:pulumi:STACK::PROJECT::TYPES::NAME`; a name may contain `::` itself. */
export const nameInUrn = (urn: string): string => urn.split("::").slice(3).join("::");
