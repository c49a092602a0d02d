import { KMSClient, ListKeysCommand } from "@aws-sdk/client-kms";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { X509Certificate } from "node:crypto";
import { statSync } from "node:fs";
import { Agent, type AgentOptions } from "node:https";
import path from "node:path";
import { connect } from "node:tls";
import type { LocalAws } from "../../provider/local";
import { alice, endClouds, startCloud, temporaryFolder } from "./cloud-fixture";
import { refusalOf } from "./kms-client";

afterEach(endClouds);

async function listOver(cloud: LocalAws, tls: AgentOptions): Promise<unknown> {
  const { accessKeyId, secretAccessKey } = alice;
  const client = new KMSClient({
    region: "eu-central-1",
    endpoint: cloud.httpsEndpoint ?? "",
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({ httpsAgent: new Agent(tls) }),
  });
  try {
    return (await client.send(new ListKeysCommand({}))).Keys;
  } finally {
    client.destroy();
  }
}

describe("HTTPS", () => {
  it("is served beside HTTP, under a CA of the cloud's own", async () => {
    const cloud = await startCloud({ https: true });
    expect(await listOver(cloud, { ca: cloud.caPem })).toEqual([]);
    expect((await refusalOf(listOver(cloud, {}))).message).toMatch(/self-signed|unable to/i);
    expect(cloud.endpoint).toMatch(/^http:/);
  });

  it("has a certificate for 127.0.0.1, ::1 and localhost from a CA that may sign nothing further", async () => {
    const cloud = await startCloud({ https: true });
    const authority = new X509Certificate(cloud.caPem ?? "");
    expect(authority.ca).toBe(true);
    expect(authority.publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
    const server = await new Promise<X509Certificate>((resolve, reject) => {
      const port = Number(new URL(cloud.httpsEndpoint ?? "").port);
      const socket = connect({ port, host: "127.0.0.1", ca: cloud.caPem }, () => {
        const certificate = socket.getPeerX509Certificate();
        socket.destroy();
        if (certificate === undefined) reject(new Error("no certificate"));
        else resolve(certificate);
      });
      socket.on("error", reject);
    });
    expect(server.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(server.checkIP("::1")).toBe("::1");
    expect(server.checkHost("localhost")).toBe("localhost");
    expect(server.verify(authority.publicKey)).toBe(true);
    expect(server.ca).toBe(false);
  });

  it("keeps its CA in the data folder, the key for the owner only", async () => {
    const dataDir = temporaryFolder();
    const first = await startCloud({ https: true, dataDir });
    const { caPem } = first;
    await first.close();
    const second = await startCloud({ https: true, dataDir });
    expect(second.caPem).toBe(caPem);
    expect(second.caFile).toBe(path.join(dataDir, "ca.pem"));
    expect(statSync(path.join(dataDir, "ca-key.pem")).mode & 0o777).toBe(0o600);
  });

  it("can require a client certificate", async () => {
    const cloud = await startCloud({ https: true, http: false, clientCertificates: true });
    expect(cloud.endpoint).toBe(cloud.httpsEndpoint);
    await expect(listOver(cloud, { ca: cloud.caPem })).rejects.toThrow();
    const { certificate, key } = await cloud.issueClientCertificate("a client");
    expect(await listOver(cloud, { ca: cloud.caPem, cert: certificate, key })).toEqual([]);
    const stranger = await (await startCloud({ https: true })).issueClientCertificate("a stranger");
    await expect(listOver(cloud, { ca: cloud.caPem, cert: stranger.certificate, key: stranger.key })).rejects.toThrow();
  });

  it("can be left out", async () => {
    const cloud = await startCloud({ https: false });
    expect(cloud.httpsEndpoint).toBeUndefined();
    expect(cloud.caPem).toBeUndefined();
    await expect(cloud.issueClientCertificate("x")).rejects.toThrow("Start with https: true");
  });
});
