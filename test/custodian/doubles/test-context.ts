import { randomBytes } from "node:crypto";
import { operations } from "../../../provider/custodian/dispatch";
import { interruption } from "../../../provider/custodian/interruption";
import type { ConnectionDeps, OperationContext } from "../../../provider/custodian/operation-context";
import { operationSchemas, type OperationName } from "../../../provider/custodian/protocol";
import { recentReading } from "../../../provider/custodian/recent-reading";
import { serialiser } from "../../../provider/custodian/serialise";
import { ByokError } from "../../../provider/model/errors";
import type { AwsConnection } from "../../../provider/model/aws-connection";
import type { CustodianPort } from "../../../provider/model/ports/custodian";
import { FakeKms } from "./fake-kms";
import { FakeToken } from "./fake-token";

/** The custodian's operations in this process, over a fake token and a fake KMS. */
export class Bench {
  readonly token = new FakeToken();
  readonly kms = new FakeKms();
  readonly opened: { readonly connection: AwsConnection; readonly deps: ConnectionDeps }[] = [];
  readonly waits: number[] = [];
  readonly files = new Map<string, Buffer>();
  /** Digests of the certificates in any CA file. */
  caDigests: readonly string[] = [];
  now = new Date("2030-06-01T12:00:00.000Z");
  readonly stop = interruption();

  readonly context: OperationContext = {
    ...this.stop,
    token: this.token,
    listKeys: () => this.token.listKeys(),
    recentKeys: recentReading(() => this.token.listKeys()),
    perOwner: serialiser(),
    environment: {},
    clock: () => this.now,
    random: randomBytes,
    wait: (milliseconds) => {
      this.waits.push(milliseconds);
      return Promise.resolve();
    },
    readFile: (file) => {
      const content = this.files.get(file);
      if (content !== undefined) return Promise.resolve(Buffer.from(content));
      return Promise.reject(new ByokError("BYOK_REFERENCE_UNRESOLVED", `There is no file ${file}.`));
    },
    writeFile: (file, content) => {
      this.files.set(file, Buffer.from(content));
      return Promise.resolve();
    },
    caDigests: () => Promise.resolve(this.caDigests),
    openKmsImport: (connection, deps) => {
      this.opened.push({ connection, deps });
      return Promise.resolve(this.kms);
    },
    openKeyVaultImport: () => Promise.reject(new ByokError("BYOK_AZURE_UNREACHABLE", "There is no vault here.")),
  };

  /** Runs an operation as a request would, through its schemas. */
  async run<Name extends OperationName>(
    name: Name,
    ...parameters: Parameters<CustodianPort[Name]>
  ): Promise<Awaited<ReturnType<CustodianPort[Name]>>> {
    return operationSchemas[name].result.parse(await operations[name](this.context, parameters));
  }
}
