import { isConfirmed } from "../../model/confirmation";
import { ByokError } from "../../model/errors";
import type { CustodianPort } from "../../model/ports/custodian";
import type { LifecycleContext } from "../contract";
import { livingCopies, uncheckedSentence } from "../../model/copy-life";
import type { SourceInputs } from "./source-inputs";
import { closeWord, destroyWord } from "./source-words";

/** Closes every open version for ever, once the program confirms it. */
export async function closeVersions(
  context: LifecycleContext,
  custodian: CustodianPort,
  inputs: SourceInputs,
): Promise<void> {
  const open = (await custodian.list(inputs.owner)).filter((version) => version.exportable);
  const [newest] = open.slice(-1);
  if (newest === undefined) return;
  const unchecked = await refuseLiveCopies(context, custodian, inputs, "closed");
  const word = closeWord(newest);
  if (!isConfirmed(inputs.confirm, word)) {
    throw new ByokError("BYOK_CONFIRM_REQUIRED", `Closing ${inputs.label} is for ever.${after(unchecked)}`, {
      hint: `To go on, set confirm: "${word}".`,
    });
  }
  for (const version of open) {
    context.mayProceed();
    await custodian.close({ owner: inputs.owner, version: version.version });
  }
}

/**
 * While a copy exists, or can come back until its deletion date, it may need the material again.
 *
 * @returns what is not certain of the copies that are gone, if there are any
 */
async function refuseLiveCopies(
  context: LifecycleContext,
  custodian: CustodianPort,
  inputs: SourceInputs,
  act: string,
): Promise<string | undefined> {
  if (inputs.group.abilities?.storesLinks === false) {
    throw new ByokError(
      "BYOK_TOKEN_UNSUPPORTED",
      `${inputs.label} cannot be ${act}: this token stores no data objects, so nobody knows which copies there are.`,
      {
        hint: "Make sure that no copy needs the material again, and use the token's own tools.",
      },
    );
  }
  const links = await custodian.links(inputs.owner);
  const live = livingCopies(links, context.clock());
  if (live.length === 0) return uncheckedSentence(links, context.clock());
  const names = live.map(({ copyName, arn, deletionDate }) =>
    deletionDate === undefined
      ? `${copyName} (${arn})`
      : `${copyName} (${arn}, scheduled for deletion on ${deletionDate.slice(0, 10)})`,
  );
  throw new ByokError(
    "BYOK_KEY_HAS_COPIES",
    `${inputs.label} cannot be ${act}: copies may need its material again: ${names.join(", ")}.`,
    {
      hint: "Delete the copies first; until its deletion date each can come back. To forget only the resource, use pulumi state delete.",
    },
  );
}

const after = (sentence: string | undefined): string => (sentence === undefined ? "" : ` ${sentence}`);

/** Destroys every version, newest first, once the environment confirms it. */
export async function destroyVersions(
  context: LifecycleContext,
  custodian: CustodianPort,
  inputs: SourceInputs,
): Promise<void> {
  const versions = await custodian.list(inputs.owner);
  const [newest] = versions.slice(-1);
  if (newest === undefined) return;
  const unchecked = await refuseLiveCopies(context, custodian, inputs, "destroyed");
  const word = destroyWord(newest);
  if (!isConfirmed(context.env("BYOK_CONFIRM"), word)) {
    throw new ByokError(
      "BYOK_CONFIRM_REQUIRED",
      `${inputs.label} would leave the token for ever (onDestroy: "destroy").${after(unchecked)}`,
      {
        hint: `To go on: BYOK_CONFIRM=${word} in the environment of the same command. To keep the key and only forget the resource: pulumi state delete '${inputs.self ?? inputs.label}'.`,
      },
    );
  }
  for (const version of [...versions].reverse()) {
    context.mayProceed();
    await custodian.destroy({ owner: inputs.owner, version: version.version });
  }
}
