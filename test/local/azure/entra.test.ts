import {
  ClientAssertionCredential,
  ClientCertificateCredential,
  ClientSecretCredential,
  ManagedIdentityCredential,
  type TokenCredential,
  WorkloadIdentityCredential,
} from "@azure/identity";
import * as x509 from "@peculiar/x509";
import { createPublicKey, sign, webcrypto } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { type LocalAzure, type LocalVaultPermission, startLocalAws } from "../../../provider/local";
import { clientOptions, endAzure, keyClient, startAzure, temporaryFolder, vaultOf } from "./azure-fixture";
import { ask, send } from "./raw-request";

const tenantId = "aaaaaaaa-0000-4000-8000-000000000001";
const id = (digit: number): string => `bbbbbbbb-0000-4000-8000-00000000000${String(digit)}`;
const scope = "https://vault.azure.net/.default";

let azure: LocalAzure;
let pem: { certificate: string; key: string };
let otherPem: { certificate: string; key: string };
let rsaPem: { certificate: string; key: string };
let tokenFile: string;

beforeAll(async () => {
  const aws = await startLocalAws({ http: false });
  pem = await aws.issueClientCertificate("app");
  otherPem = await aws.issueClientCertificate("other");
  await aws.close();
  rsaPem = await makeRsaCertificate();
  tokenFile = path.join(temporaryFolder(), "token");
  const readOnly: LocalVaultPermission[] = ["get", "list"];
  azure = await startAzure({
    tenants: [
      {
        id: tenantId,
        clients: [
          { id: id(1), secret: "good", permissions: readOnly, resourceManager: false },
          { id: id(2), certificatePem: rsaPem.certificate },
          {
            id: id(3),
            federated: [
              {
                issuer: "https://ci.example",
                subject: "repo:main",
                jwk: createPublicKey(pem.key).export({ format: "jwk" }),
              },
            ],
          },
          { id: id(4), federated: [{ tokenFile }] },
          { id: id(5), managedIdentity: { headerSecret: "header" } },
        ],
      },
    ],
  });
});

afterAll(endAzure);

/** Self-signed, as an application's owner makes it; MSAL signs with RSA keys. */
async function makeRsaCertificate(): Promise<{ certificate: string; key: string }> {
  const algorithm = {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: 2048,
  };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: "CN=app",
      keys,
      signingAlgorithm: algorithm,
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + 3_600_000),
    },
    webcrypto,
  );
  const der = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { certificate: certificate.toString("pem"), key: x509.PemConverter.encode(der, "PRIVATE KEY") };
}

const options = (): object => ({
  authorityHost: azure.authority,
  disableInstanceDiscovery: true,
  ...clientOptions(azure),
});

/** A token signed with ES256, as a CI system would make it. */
function outsideToken(claims: object, key = pem.key): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = Math.floor(Date.now() / 1000) + 600;
  const signed = `${part({ alg: "ES256", typ: "JWT" })}.${part({ exp, ...claims })}`;
  return `${signed}.${sign("sha256", Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}

async function reads(credential: TokenCredential): Promise<boolean> {
  const page = await keyClient(azure, vaultOf(azure, "premium"), credential).listPropertiesOfKeys().byPage().next();
  expect(page.value).toEqual([]);
  return true;
}

describe("Entra ID", () => {
  it("gives a token for a client secret, and for no other", async () => {
    expect(await reads(new ClientSecretCredential(tenantId, id(1), "good", options()))).toBe(true);
    await expect(new ClientSecretCredential(tenantId, id(1), "bad", options()).getToken(scope)).rejects.toThrow(
      "AADSTS7000215",
    );
    await expect(new ClientSecretCredential(tenantId, id(9), "good", options()).getToken(scope)).rejects.toThrow(
      "AADSTS700016",
    );
    await expect(
      new ClientSecretCredential(tenantId, id(1), "good", options()).getToken("https://storage.azure.com/.default"),
    ).rejects.toThrow("AADSTS500011");
  });

  it("gives a token for a federated token of the right issuer, subject, audience and key", async () => {
    const claims = { iss: "https://ci.example", sub: "repo:main", aud: "api://AzureADTokenExchange" };
    const withToken = (token: string): ClientAssertionCredential =>
      new ClientAssertionCredential(tenantId, id(3), () => Promise.resolve(token), options());
    expect(await reads(withToken(outsideToken(claims)))).toBe(true);
    for (const token of [
      outsideToken({ ...claims, sub: "repo:fork" }),
      outsideToken({ ...claims, iss: "https://other.example" }),
      outsideToken({ ...claims, aud: "else" }),
      outsideToken(claims, otherPem.key),
    ])
      await expect(withToken(token).getToken(scope)).rejects.toThrow("AADSTS70021");
    await expect(withToken(outsideToken({ ...claims, exp: 1 })).getToken(scope)).rejects.toThrow("AADSTS700024");
  });

  it("gives a token for the projected token of a workload", async () => {
    writeFileSync(tokenFile, outsideToken({ iss: "https://cluster.example", sub: "pod" }));
    const credential = new WorkloadIdentityCredential({
      tenantId,
      clientId: id(4),
      tokenFilePath: tokenFile,
      ...options(),
    });
    expect(await reads(credential)).toBe(true);
  });

  it("gives a managed identity its token where the header's secret is right", async () => {
    const asked = `${azure.managedIdentity}/msi/token?api-version=2019-08-01&resource=https://vault.azure.net`;
    const right = await fetch(asked, { headers: { "X-IDENTITY-HEADER": "header" } });
    expect(await right.json()).toMatchObject({
      client_id: id(5),
      resource: "https://vault.azure.net",
      token_type: "Bearer",
    });
    expect((await fetch(asked, { headers: { "X-IDENTITY-HEADER": "wrong" } })).status).toBe(401);
    const metadata = `${azure.managedIdentity}/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://vault.azure.net`;
    expect((await fetch(metadata)).status).toBe(400);
    expect((await fetch(metadata, { headers: { Metadata: "true" } })).status).toBe(200);
    process.env.IDENTITY_ENDPOINT = `${azure.managedIdentity}/msi/token`;
    process.env.IDENTITY_HEADER = "header";
    try {
      expect(await reads(new ManagedIdentityCredential())).toBe(true);
    } finally {
      delete process.env.IDENTITY_ENDPOINT;
      delete process.env.IDENTITY_HEADER;
    }
  });

  it("describes itself to clients that ask", async () => {
    const metadata = await send(azure, {
      method: "GET",
      url: `${azure.authority}/${tenantId}/v2.0/.well-known/openid-configuration`,
    });
    expect(metadata.body.token_endpoint).toBe(`${azure.authority}/${tenantId}/oauth2/v2.0/token`);
    const discovery = `${azure.authority}/common/discovery/instance?api-version=1.1&authorization_endpoint=${encodeURIComponent(`${azure.authority}/${tenantId}/oauth2/v2.0/authorize`)}`;
    expect((await send(azure, { method: "GET", url: discovery })).body.tenant_discovery_endpoint).toContain(tenantId);
  });
});

describe("a client", () => {
  it("may do only what its permissions say, whatever it sends", async () => {
    const vault = vaultOf(azure, "premium");
    for (const [method, target, body] of [
      ["POST", "/keys/x/create", { kty: "EC" }],
      ["PUT", "/keys/x", {}],
      ["DELETE", "/keys/x", undefined],
      ["DELETE", "/deletedkeys/x", undefined],
      ["PATCH", "/keys/x", {}],
      ["POST", "/keys/x/backup", undefined],
      ["POST", "/keys/restore", {}],
      ["PUT", "/keys/x/rotationpolicy", {}],
    ] as const) {
      const answer = await ask(azure, vault, method, target, body);
      expect([method, target, answer.status, answer.body.error?.innererror?.code]).toEqual([
        method,
        target,
        403,
        "AccessDenied",
      ]);
    }
    expect((await ask(azure, vault, "GET", "/keys/x")).status).toBe(404);
  });
});

describe("a client certificate", () => {
  it("is proved by its signature, and must be the registered one", async () => {
    const credential = ({ certificate, key }: { certificate: string; key: string }): ClientCertificateCredential =>
      new ClientCertificateCredential(tenantId, id(2), { certificate: `${key}\n${certificate}` }, options());
    expect(await reads(credential(rsaPem))).toBe(true);
    const stranger = credential(await makeRsaCertificate());
    await expect(stranger.getToken(scope)).rejects.toThrow("AADSTS700027");
    const forged = credential({ certificate: rsaPem.certificate, key: (await makeRsaCertificate()).key });
    await expect(forged.getToken(scope)).rejects.toThrow("AADSTS700027");
  });
});
