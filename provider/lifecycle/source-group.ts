import { ByokError } from "../model/errors";
import type { TokenReport } from "../model/token";
import { accepted, failureOf, refused } from "./answers";
import type { CheckResult, Lifecycle, LifecycleContext, PlainRecord } from "./contract";
import { sourceGroupInputs, type SourceGroupInputs } from "./inputs/source-group-inputs";
import { pickDefined } from "./pick-defined";
import { changedProperties, sameJson } from "./same-json";
import { validate } from "./validate";

const watched = ["token", "allowedTargets", "lab", "minOaepHash", "allowedSpecs", "abilities", "identity"];

/**
 * A token and the rules of the keys in it. `check` connects once and writes what the token is and can do into the inputs,
 * so that every key sees it in the same preview; later previews copy it and need no PIN.
 */
export const sourceGroup: Lifecycle = {
  kind: "SourceGroup",

  async check(context, olds, news) {
    const validated = validate(sourceGroupInputs, news);
    if (validated.kind === "wrong") return refused(news, validated.failures);
    if (validated.kind === "unknown") return accepted(news);
    const inputs = validated.value;
    if (typeof olds["lab"] === "boolean" && olds["lab"] !== inputs.lab) {
      return refused(news, [
        {
          property: "lab",
          reason:
            "can never change: a key that was in a local cloud was in clear there, and one of a real group must never get there. Make another SourceGroup.",
        },
      ]);
    }
    const known = { abilities: olds["abilities"], identity: olds["identity"] };
    if (known.abilities !== undefined && known.identity !== undefined && sameJson(olds["token"], inputs.token)) {
      return accepted({ ...inputs, ...known });
    }
    return learn(context, olds, inputs);
  },

  diff(context, _id, olds, news) {
    const changed = changedProperties(olds, news, watched);
    if (changed.includes("minOaepHash") && news["minOaepHash"] === "sha1") {
      context.log.warn(`minOaepHash "sha1" lets keys of this group be wrapped with OAEP SHA-1.`);
    }
    return Promise.resolve({ changes: changed.length > 0 || olds["connected"] === false, replaces: [] });
  },

  async create(context, inputs) {
    const parsed = sourceGroupInputs.parse(inputs);
    const report = await connect(context, parsed);
    return { id: `source-group-${context.random(8).toString("hex")}`, outputs: outputsOf(parsed, report) };
  },

  async read(context, _id, outputs) {
    const parsed = sourceGroupInputs.parse(inputsIn(outputs));
    try {
      const report = await context.custodian(parsed.token).connect();
      requireSameToken(parsed, report);
      return { outputs: outputsOf(parsed, report), inputs: inputsOf(parsed, report) };
    } catch (error) {
      const { sentence } = ByokError.from(error, "Connecting to the token");
      context.log.warn(`the token is not connected: ${sentence}`);
      return { outputs: { ...outputs, connected: false }, inputs: inputsIn(outputs) };
    }
  },

  async update(context, _id, _olds, news) {
    const parsed = sourceGroupInputs.parse(news);
    const report = await connect(context, parsed);
    requireSameToken(parsed, report);
    return outputsOf(parsed, report);
  },

  delete() {
    // The group has nothing outside the state: its keys stay in the token, each by its own onDestroy.
    return Promise.resolve();
  },
};

/** What check could not find out, because a preview needs no PIN, fails here; it names the property all the same. */
async function connect(context: LifecycleContext, inputs: SourceGroupInputs): Promise<TokenReport> {
  try {
    return await context.custodian(inputs.token).connect();
  } catch (error) {
    const known = ByokError.from(error, "Connecting to the token");
    throw known.with({ property: known.property ?? propertyFor(known) });
  }
}

async function learn(context: LifecycleContext, olds: PlainRecord, inputs: SourceGroupInputs): Promise<CheckResult> {
  let report: TokenReport;
  try {
    report = await context.custodian(inputs.token).connect();
  } catch (error) {
    const known = ByokError.from(error, "Connecting to the token");
    if (known.code === "BYOK_REFERENCE_UNRESOLVED") {
      context.log.warn(
        `what the token can do is not known in this preview, and without the PIN pulumi up stops here before anything is created. token.pin: ${known.sentence}`,
      );
      return accepted({ ...inputs, abilities: olds["abilities"], identity: olds["identity"] });
    }
    return refused(inputs, [failureOf(known, propertyFor(known), "Connecting to the token")]);
  }
  const before = sourceGroupInputs.shape.identity.safeParse(olds["identity"]);
  if (before.success && before.data !== undefined && before.data.serial !== report.identity.serial) {
    return refused(inputs, [
      {
        property: "token",
        reason:
          `leads to another token now (serial ${report.identity.serial}, before ${before.data.serial}); the keys of this group are in the old one. ` +
          "Make another SourceGroup for the new token.",
      },
    ]);
  }
  return accepted(inputsOf(inputs, report));
}

/** The property of a group that an error of the token points to. */
function propertyFor(error: ByokError): string {
  if (error.code.startsWith("BYOK_TOKEN_MODULE")) return "token.module";
  if (error.code.startsWith("BYOK_TOKEN_PIN") || error.code.startsWith("BYOK_REFERENCE")) return "token.pin";
  return "token";
}

function requireSameToken(inputs: SourceGroupInputs, report: TokenReport): void {
  if (inputs.identity === undefined || inputs.identity.serial === report.identity.serial) return;
  throw new ByokError(
    "BYOK_TOKEN_NOT_FOUND",
    `This is another token (serial ${report.identity.serial}) than the one that holds this group's keys (serial ${inputs.identity.serial}).`,
    { hint: "Connect the right token, or make another SourceGroup." },
  );
}

const inputsOf = (inputs: SourceGroupInputs, report: TokenReport): PlainRecord => ({
  ...inputs,
  abilities: report.abilities,
  identity: report.identity,
});

const outputsOf = (inputs: SourceGroupInputs, report: TokenReport): PlainRecord => ({
  ...inputsOf(inputs, report),
  connected: true,
  note: paddingNote(report),
});

/** Said once in the outputs, because a cloud that parses strictly would refuse such a blob. */
function paddingNote(report: TokenReport): string | undefined {
  if (report.abilities.keyWrapPadding !== "pads") return undefined;
  return (
    `${report.identity.model} ${report.identity.firmware} pads private keys with zero bytes to a multiple of 8 when it wraps them ` +
    "(RSA, P-256 and P-521; AES, HMAC, P-384 and secp256k1 travel exactly). The cloud ignores bytes after the DER structure, or refuses the import."
  );
}

/** The checked inputs within outputs. */
const inputsIn = (outputs: PlainRecord): PlainRecord => pickDefined(outputs, Object.keys(sourceGroupInputs.shape));
