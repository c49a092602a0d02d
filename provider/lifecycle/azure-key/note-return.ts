import { azureKeyId } from "../../model/azure-key-name";
import type { AzureKeyVersion } from "../../model/azure-key-versions";
import type { CopyLink } from "../../model/ports/custodian";
import { groupOf } from "../aws-kms-key/key-material";
import type { LifecycleContext } from "../contract";
import { eachHolder, warnOfDate, type Holder } from "../material-holders";
import type { AzureKeyGoal } from "./azure-key-inputs";

type Place = Pick<AzureKeyGoal, "material" | "vaultUrl" | "name">;

/**
 * A key that is there again may need its material again: every token that has it takes back the date that it noted, those of former sources included.
 *
 * @param known - versions as the state knows them
 */
export async function noteReturn(
  context: LifecycleContext,
  inputs: Place,
  known: readonly AzureKeyVersion[],
): Promise<void> {
  for (const holder of holdersOf(inputs, known)) {
    try {
      await takeBack(context, holder, await linksTo(context, holder, inputs));
    } catch (error) {
      warnOfDate(context, error);
    }
  }
}

/**
 * The same where nothing but the token can tell that the key was away: whoever recovered it may have done so before any refresh. A token that is not at hand is
 * none of a refresh's business.
 */
export async function noteStillThere(
  context: LifecycleContext,
  inputs: Place,
  known: readonly AzureKeyVersion[],
): Promise<void> {
  for (const holder of holdersOf(inputs, known)) {
    const links = await linksTo(context, holder, inputs, { recent: true }).catch(() => []);
    try {
      await takeBack(
        context,
        holder,
        links.filter(({ deletionDate }) => deletionDate !== undefined),
      );
    } catch (error) {
      warnOfDate(context, error);
    }
  }
}

function holdersOf({ material }: Place, known: readonly AzureKeyVersion[]): readonly Holder[] {
  const group = groupOf(material);
  const present = group?.abilities?.storesLinks === true ? group.token : undefined;
  const all = known.map(({ token = present, sourceOwner }) => ({ token, owner: sourceOwner }));
  const source = "source" in material ? [{ token: present, owner: material.source.owner }] : [];
  return eachHolder([...all, ...source]);
}

async function linksTo(
  context: LifecycleContext,
  { token, owner }: Holder,
  { vaultUrl, name }: Place,
  options: { readonly recent?: boolean } = {},
): Promise<readonly CopyLink[]> {
  const links = await context.custodian(token).links(owner, options);
  return links.filter(({ arn }) => arn === azureKeyId(vaultUrl, name));
}

async function takeBack(context: LifecycleContext, { token }: Holder, links: readonly CopyLink[]): Promise<void> {
  for (const { owner, version, arn } of links) await context.custodian(token).noteRevival({ owner, version }, arn);
}
