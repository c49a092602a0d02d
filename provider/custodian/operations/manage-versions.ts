import { ByokError } from "../../model/errors";
import type {
  GenerateRequest,
  SourceVersion,
  SurveyedVersion,
  UnwrapQuestion,
  VersionRef,
} from "../../model/ports/custodian";
import type { TokenReport } from "../../model/token";
import {
  describeVersion,
  findVersion,
  markedKeys,
  refuseDuplicates,
  requireVersion,
  versionInWords,
} from "../find-version";
import { formatKeyLabel } from "../../model/key-label";
import type { OperationContext } from "../operation-context";

/** {@link CustodianPort.connect} */
export const connect = ({ token }: OperationContext): Promise<TokenReport> => token.report();

/**
 * {@link CustodianPort.list}. Two keys of one version are refused where an owner is asked for; a list of everything shows
 * both, because it decides nothing and must not fail for one owner's trouble.
 */
export async function list(context: OperationContext, owner?: string): Promise<readonly SourceVersion[]> {
  const keys = await markedKeys(context, owner);
  if (owner !== undefined) refuseDuplicates(keys);
  const versions: SourceVersion[] = [];
  for (const key of keys) versions.push(await describeVersion(context.token, key));
  return versions;
}

/** {@link CustodianPort.unwrapRefusal} */
export const unwrapRefusal = ({ token }: OperationContext, question: UnwrapQuestion): Promise<string | undefined> =>
  token.unwrapRefusal(question);

/** {@link CustodianPort.survey} */
export async function survey({ recentKeys }: OperationContext): Promise<readonly SurveyedVersion[]> {
  const keys = await markedKeys({ listKeys: recentKeys.read });
  return keys.map(({ key, label: { owner, version, name } }) => ({
    owner,
    version,
    name,
    spec: key.spec,
    exportable: key.extractable,
  }));
}

/** {@link CustodianPort.generate} */
export function generate(context: OperationContext, request: GenerateRequest): Promise<SourceVersion> {
  const { token } = context;
  const label = formatKeyLabel(request);
  return context.perOwner(request.owner, async () => {
    const existing = await findVersion(context, request);
    if (existing !== undefined) {
      if (existing.key.spec === request.spec) return describeVersion(token, existing);
      throw new ByokError(
        "BYOK_INPUT_INVALID",
        `${versionInWords(existing.label)} is in the token as ${existing.key.spec}, and ${request.spec} is asked for.`,
        { property: "spec", hint: "The key type of a source key never changes; make another source key." },
      );
    }
    const key = await context.change(() =>
      token.generate({ spec: request.spec, label, ...(request.unwraps === true ? { unwraps: true } : {}) }),
    );
    // Another process may have made the same version since we looked. Each withdraws its own fresh key, which nobody has heard
    // of yet, so that a key that was ever answered never vanishes.
    const twins = (await markedKeys(context, request.owner)).filter((other) => other.label.version === request.version);
    if (twins.some((other) => other.key.id !== key.id)) {
      await token.destroy(key.id);
      throw new ByokError(
        "BYOK_KEY_AMBIGUOUS",
        `Another process made version ${request.version} of "${request.name}" at the same time; the key made here was destroyed unused.`,
        { hint: "Run again; the other one is then found.", retryable: true },
      );
    }
    return describeVersion(token, { key, label: request });
  });
}

/** {@link CustodianPort.rename} */
export async function rename(context: OperationContext, owner: string, name: string): Promise<void> {
  const { token } = context;
  await context.perOwner(owner, async () => {
    for (const { key, label } of await markedKeys(context, owner)) {
      const wanted = formatKeyLabel({ ...label, name });
      if (wanted === key.label) continue;
      await context.change(() => token.setLabel(key.id, wanted));
    }
  });
}

/** {@link CustodianPort.close} */
export function close(context: OperationContext, version: VersionRef): Promise<SourceVersion> {
  const { token } = context;
  return context.perOwner(version.owner, async () => {
    const found = await requireVersion(context, version);
    if (found.key.extractable) await context.change(() => token.close(found.key.id));
    return describeVersion(token, await requireVersion(context, version));
  });
}
