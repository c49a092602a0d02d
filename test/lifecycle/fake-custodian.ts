import { createHash } from "node:crypto";
import { ByokError } from "../../provider/model/errors";
import { materialDescription } from "../../provider/model/material-description";
import { keySpecFacts, keySpecs } from "../../provider/model/key-spec";
import type {
  CopyLink,
  CustodianPort,
  Fingerprint,
  GenerateRequest,
  ImportReceipt,
  ImportRequest,
  MaterialFile,
  SourceVersion,
  SurveyedVersion,
  VersionRef,
} from "../../provider/model/ports/custodian";
import { ownershipTags, wrappingKeyTag } from "../../provider/model/owner";
import type { TokenReport } from "../../provider/model/token";
import type {
  AzureClearImportReceipt,
  AzureClearImportRequest,
  AzureImportReceipt,
  AzureImportRequest,
  AzureProof,
  AzureProveRequest,
  PinnedWrappingKey,
  UsedWrappingKey,
} from "../../provider/model/ports/azure-import";
import { azureKeyTypeOf } from "../../provider/model/azure-key-type";
import { materialIdOf, type FakeKms } from "./fake-kms";
import type { FakeKeyVault } from "./fake-key-vault";

export const report: TokenReport = {
  identity: {
    label: "payments",
    serial: "0123",
    manufacturer: "SoftHSM project",
    model: "SoftHSM v2",
    firmware: "2.6",
  },
  abilities: {
    oaepHashes: ["sha1"],
    keyWrapPadding: "pads",
    specs: keySpecs,
    fingerprint: "digest-key",
    enforcesExtractable: true,
    storesLinks: true,
  },
};

/** A custodian in memory, whose imports show on a {@link FakeKms}. */
export class FakeCustodian implements CustodianPort {
  versions: SourceVersion[] = [];
  copies: CopyLink[] = [];
  readonly claims = new Map<string, string>();
  /** What a survey shows that is a moment old. */
  surveyed: readonly SurveyedVersion[] | undefined;
  readonly calls: string[] = [];
  readonly imports: ImportRequest[] = [];
  report = report;
  failure: ByokError | undefined;
  /** The n-th call is the last thing that arrives of the process, or the first that does not. */
  dieAt: { readonly call: number; readonly after: boolean } | undefined;
  failImport: "before" | "after" | undefined;
  /** Which import fails then, counted in {@link imports}; the next one where none is named. */
  failImportAt: number | undefined;

  constructor(
    private readonly kms: FakeKms,
    private readonly vault: FakeKeyVault,
  ) {}

  connect(): Promise<TokenReport> {
    return this.act("connect", () => this.report);
  }
  list(owner?: string): Promise<readonly SourceVersion[]> {
    return this.act("list", () => this.versions.filter((version) => owner === undefined || version.owner === owner));
  }
  survey(): Promise<readonly SurveyedVersion[]> {
    return this.act("survey", () => this.surveyed ?? this.versions);
  }
  generate(request: GenerateRequest): Promise<SourceVersion> {
    return this.act("generate", () => {
      const existing = this.versions.find(
        (version) => version.owner === request.owner && version.version === request.version,
      );
      if (existing !== undefined) return existing;
      const id = createHash("sha256").update(`${request.owner}${request.version}`).digest("hex").slice(0, 32);
      const made: SourceVersion = {
        ...request,
        id,
        fingerprint: { method: "sha256", value: id + id },
        checkValue: id.slice(0, 6),
        exportable: true,
      };
      this.versions.push(made);
      return made;
    });
  }
  rename(owner: string, name: string): Promise<void> {
    return this.act("rename", () => {
      this.versions = this.versions.map((version) => (version.owner === owner ? { ...version, name } : version));
    });
  }
  importInto(request: ImportRequest): Promise<ImportReceipt> {
    return this.act("importInto", () => {
      this.imports.push(request);
      const isMeant = this.failImportAt === undefined || this.failImportAt === this.imports.length;
      const fail = isMeant ? this.failImport : undefined;
      if (isMeant) this.failImport = undefined;
      if (fail === "before") throw new ByokError("BYOK_CUSTODIAN_FAILED", "planned failure before the import");
      this.kms.import(request.target.keyArn, request.version, {
        ...(request.validTo === undefined ? {} : { validTo: new Date(request.validTo) }),
        ...(request.additional === true ? { additional: true } : {}),
        ...(request.additional === true || request.described === true
          ? { description: materialDescription(request) }
          : {}),
      });
      if (fail === "after") throw new ByokError("BYOK_CUSTODIAN_FAILED", "planned failure after the import");
      return this.receipt(request);
    });
  }
  readonly inactive = new Map<string, readonly number[]>();
  deactivated(owner: string): Promise<readonly number[]> {
    return this.act("deactivated", () => this.inactive.get(owner) ?? []);
  }
  setDeactivated(owner: string, versions: readonly number[]): Promise<void> {
    return this.act(`setDeactivated ${versions.join()}`, () => void this.inactive.set(owner, versions));
  }
  readonly azureImports: AzureImportRequest[] = [];
  /** The wrapping key that the token has of its own, as it does not know the group's. */
  instead: PinnedWrappingKey | undefined;
  async importIntoAzure(request: AzureImportRequest): Promise<AzureImportReceipt> {
    await this.act("importIntoAzure", () => this.azureImports.push(request));
    const fail = this.failImport;
    this.failImport = undefined;
    if (fail === "before") throw new ByokError("BYOK_CUSTODIAN_FAILED", "planned failure before the import");
    const { wrappingKey } = request;
    if ("id" in wrappingKey)
      return this.sendToAzure(request, { ...(this.instead ?? wrappingKey), rememberedBy: "token" }, fail);
    const name = `byok-kek-${String(this.azureImports.length)}`;
    try {
      const tags = { [wrappingKeyTag]: request.tags[ownershipTags.owner] ?? request.owner };
      const { id, publicKeySha256 } = await this.vault.makeWrappingKey({ name, bits: wrappingKey.bits, tags });
      return await this.sendToAzure(request, { id, publicKeySha256, rememberedBy: "import" }, fail);
    } finally {
      await this.vault.deleteKey(name).catch(() => undefined);
    }
  }
  async importInClear(request: AzureClearImportRequest): Promise<AzureClearImportReceipt> {
    await this.act("importInClear", () => this.clearImports.push(request));
    return this.storeInAzure(request, "", undefined);
  }
  readonly clearImports: AzureClearImportRequest[] = [];
  /** As the custodian does it before anything is sent. */
  private rememberInAzure({
    owner,
    version,
    target: { connection, keyName },
    copyName,
  }: AzureClearImportRequest): void {
    const arn = `${connection.vaultUrl}/keys/${keyName}`;
    this.copies = [
      ...this.copies.filter((copy) => copy.owner !== owner || copy.version !== version || copy.arn !== arn),
      { owner, version, arn, copyName, copiedAt: importedAt, copiedBy: "object id" },
    ];
  }
  private async sendToAzure(
    request: AzureImportRequest,
    { id, publicKeySha256, rememberedBy }: UsedWrappingKey,
    fail: "before" | "after" | undefined,
  ): Promise<AzureImportReceipt> {
    return { ...(await this.storeInAzure(request, "-HSM", fail)), wrappingKey: { id, publicKeySha256, rememberedBy } };
  }
  private async storeInAzure(
    request: AzureClearImportRequest,
    protection: "" | "-HSM",
    fail: "before" | "after" | undefined,
  ): Promise<AzureClearImportReceipt> {
    this.rememberInAzure(request);
    const { kty, curve } = azureKeyTypeOf(request.spec) ?? { kty: "RSA" };
    const made = await this.vault.importWrapped({
      name: request.target.keyName,
      kty: `${kty}${protection}`,
      ...(curve === undefined ? { bits: keySpecFacts[request.spec].bits } : { curve }),
      enabled: request.enabled,
      operations: request.operations,
      tags: request.tags,
      ...(request.notBefore === undefined ? {} : { notBefore: new Date(request.notBefore) }),
      ...(request.expiresOn === undefined ? {} : { expiresOn: new Date(request.expiresOn) }),
      material: materialInAzure(request),
    });
    if (fail === "after") throw new ByokError("BYOK_CUSTODIAN_FAILED", "planned failure after the import");
    return { ...azureProof(request), keyId: made.id, importedAt, importedBy: "object id" };
  }
  exportForAzure(): Promise<never> {
    return this.act("exportForAzure", () => {
      throw new ByokError("BYOK_INTERNAL", "No lifecycle writes a file.");
    });
  }

  proveInAzure(request: AzureProveRequest): Promise<AzureProof> {
    return this.act("proveInAzure", () => {
      const [name = "", version = ""] = new URL(request.keyId).pathname.split("/").slice(2);
      if (this.vault.version(name, version).material !== materialInAzure(request))
        throw new ByokError("BYOK_COPY_DIFFERS", `${request.keyId} holds another key.`);
      return { ...azureProof(request), provedAt: importedAt };
    });
  }
  prove(request: ImportRequest): Promise<ImportReceipt> {
    return this.act("prove", () => this.receipt(request));
  }
  /** Contents of files by path, as digests; none is there unless it is put here. */
  readonly files = new Map<string, string>();
  unwraps: string | undefined;
  inspectFile(file: MaterialFile): Promise<string> {
    return this.act("inspectFile", () => {
      const content = this.files.get(file.path);
      if (content === undefined)
        throw new ByokError("BYOK_REFERENCE_UNRESOLVED", `There is no file ${file.path}.`, {
          property: "material.file",
        });
      return createHash("sha256").update(content).digest("hex");
    });
  }
  /** What stands after the last blank of a content is how it was encrypted; the key is the same. */
  fingerprintFile(file: MaterialFile): Promise<Fingerprint> {
    return this.act("fingerprintFile", () => {
      const content = (this.files.get(file.path) ?? "").replace(/ encrypted .*$/, "");
      return { method: "sha256", value: createHash("sha256").update(content).digest("hex") };
    });
  }
  unwrapRefusal(): Promise<string | undefined> {
    return this.act("unwrapRefusal", () => this.unwraps);
  }
  close(version: VersionRef): Promise<SourceVersion> {
    return this.act("close", () => {
      this.versions = this.versions.map((each) => (same(each, version) ? { ...each, exportable: false } : each));
      const closed = this.versions.find((each) => same(each, version));
      if (closed === undefined) throw new ByokError("BYOK_KEY_NOT_FOUND", "no such version");
      return closed;
    });
  }
  destroy(version: VersionRef): Promise<void> {
    return this.act("destroy", () => {
      this.versions = this.versions.filter((each) => !same(each, version));
    });
  }
  holdings(): Promise<never> {
    return this.act("holdings", () => {
      throw new ByokError("BYOK_INTERNAL", "No lifecycle lists a whole token.");
    });
  }
  discard(): Promise<never> {
    return this.act("discard", () => {
      throw new ByokError("BYOK_INTERNAL", "No lifecycle destroys kept material.");
    });
  }
  claim(owner: string, mark: string): Promise<void> {
    return this.act("claim", () => void this.claims.set(owner, mark));
  }
  claimant(owner: string): Promise<string | undefined> {
    return this.act("claimant", () => this.claims.get(owner));
  }
  links(owner: string): Promise<readonly CopyLink[]> {
    return this.act("links", () => this.copies.filter((copy) => copy.owner === owner));
  }
  noteDeletion(version: VersionRef, arn: string, deletionDate?: string): Promise<void> {
    return this.act(`noteDeletion ${version.version} ${arn} ${deletionDate ?? "now"}`, () => {
      this.copies = this.copies.flatMap((copy) => {
        if (!same(copy, version) || copy.arn !== arn) return [copy];
        const { returning: _, ...rest } = copy;
        return deletionDate === undefined ? [] : [{ ...rest, deletionDate }];
      });
    });
  }
  noteReturning(version: VersionRef, arn: string, deletionDate?: string): Promise<void> {
    return this.act(`noteReturning ${version.version} ${arn} ${deletionDate ?? "done"}`, () => {
      this.copies = this.copies.map((copy) => {
        if (!same(copy, version) || copy.arn !== arn) return copy;
        const { returning: _, ...rest } = copy;
        return deletionDate === undefined ? rest : { ...rest, returning: deletionDate };
      });
    });
  }
  noteRevival(version: VersionRef, arn: string): Promise<void> {
    return this.act(`noteRevival ${version.version} ${arn}`, () => {
      this.copies = this.copies.map(({ deletionDate, ...copy }) =>
        deletionDate === undefined || (same(copy, version) && copy.arn === arn) ? copy : { ...copy, deletionDate },
      );
    });
  }

  private receipt(request: ImportRequest): ImportReceipt {
    const id = `${request.owner}${request.owner}`;
    return {
      keyMaterialId: materialIdOf(request.target.keyArn, request.version),
      fingerprint: { method: "sha256", value: id },
      checkValue: id.slice(0, 6),
      importedAt: "2026-06-01T00:00:00.000Z",
      importedBy: "arn:aws:iam::123456789012:user/ci",
      proof: "key-material-id",
    };
  }

  private act<T>(name: string, work: () => T): Promise<T> {
    this.calls.push(name);
    const planned = this.dieAt?.call === this.calls.length ? this.dieAt : undefined;
    if (planned?.after === false || this.vault.dead) {
      this.vault.dead = true;
      return Promise.reject(new ByokError("BYOK_CUSTODIAN_FAILED", `planned failure of ${name}`));
    }
    if (planned !== undefined) {
      this.vault.dead = true;
      work();
      return Promise.reject(new ByokError("BYOK_CUSTODIAN_FAILED", `planned failure of ${name}`));
    }
    if (this.failure !== undefined) return Promise.reject(this.failure);
    try {
      return Promise.resolve(work());
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error("unexpected"));
    }
  }
}

const importedAt = "2026-06-01T00:00:00.000Z";

/** What a vault holds after an import. */
export const materialInAzure = ({ owner, version }: VersionRef): string => `${owner} ${version}`;

const azureProof = (request: VersionRef): Pick<AzureImportReceipt, "fingerprint" | "checkValue" | "proof"> => ({
  fingerprint: { method: "spki", value: createHash("sha256").update(materialInAzure(request)).digest("hex") },
  checkValue: "abcdef",
  proof: "public-key",
});

const same = (one: VersionRef, other: VersionRef): boolean =>
  one.owner === other.owner && one.version === other.version;
