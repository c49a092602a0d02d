import { openCustodian, type OpenCustodian } from "../custodian/client";
import { sourceGroupRecord } from "../lifecycle/inputs/source-group-inputs";
import { ByokError } from "../model/errors";
import type { TokenHolding } from "../model/ports/kept-material";
import type { TokenIdentity } from "../model/token";
import { readStack } from "./stack-export";
import { soleGroup } from "./state-group";
import { tokenUsers, type TokenUsers } from "./token-users";

/** How a command about a token is told which one. */
export interface TokenChoice {
  /** Name of the SourceGroup. */
  readonly group: string;
  readonly stack?: string;
  /** An exported state instead of the stack itself; `-` for standard input. */
  readonly file?: string;
}

/** A token, everything of this package in it, and who of the stack has what. */
export interface HeldInToken {
  readonly custodian: OpenCustodian;
  readonly identity: TokenIdentity;
  /** False: nothing in the token remembers copies. */
  readonly storesLinks: boolean;
  readonly holdings: readonly TokenHolding[];
  readonly users: TokenUsers;
}

/**
 * Opens the token of a group, as the stack's state knows it, and lets it go afterwards.
 *
 * @throws ByokError BYOK_INPUT_INVALID, BYOK_TOKEN_*, BYOK_REFERENCE_*
 */
export async function withTokenOf<T>(
  command: string,
  { group: name, stack, file }: TokenChoice,
  work: (held: HeldInToken) => Promise<T>,
): Promise<T> {
  const exported = await readStack({ stack, file, command: `${command} --group ${name}` });
  const group = soleGroup(exported, "SourceGroup", name, sourceGroupRecord);
  const custodian = openCustodian(group.token);
  try {
    const { identity, abilities } = await custodian.connect();
    if (group.identity !== undefined && group.identity.serial !== identity.serial) {
      throw new ByokError(
        "BYOK_TOKEN_NOT_FOUND",
        `The group ${name} knows the token ${group.identity.label} (serial ${group.identity.serial}), and this one has serial ${identity.serial}.`,
        { hint: "Connect the group's token." },
      );
    }
    const holdings = await custodian.holdings();
    return await work({
      ...{ custodian, identity, holdings },
      storesLinks: abilities.storesLinks,
      users: tokenUsers(exported),
    });
  } finally {
    await custodian.end();
  }
}
