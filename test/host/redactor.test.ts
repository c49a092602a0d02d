import { Redactor } from "../../provider/host/redactor";

const redactorOf = (...secrets: readonly string[]): Redactor => {
  const redactor = new Redactor();
  for (const secret of secrets) redactor.remember(secret);
  return redactor;
};

describe("the redactor", () => {
  it("takes a long secret out wherever it stands", () => {
    expect(redactorOf("wJalrXUtnFEMI").redact("xwJalrXUtnFEMIx, wJalrXUtnFEMI")).toBe("x[redacted]x, [redacted]");
  });

  it("takes a short PIN out where it stands alone, and leaves numbers that contain it", () => {
    expect(redactorOf("1234").redact("PIN 1234, account 112345678901, 'a1234'")).toBe(
      "PIN [redacted], account 112345678901, 'a1234'",
    );
  });

  it.each([
    ["URL-encoded", encodeURIComponent("se/cr et+42")],
    ["as JSON", JSON.stringify("se/cr et+42").slice(1, -1)],
    ["in Base64", Buffer.from("se/cr et+42").toString("base64")],
    ["in hex", Buffer.from("se/cr et+42").toString("hex")],
  ])("knows a secret %s", (_form, encoded) => {
    expect(redactorOf("se/cr et+42").redact(`sent ${encoded}.`)).toBe("sent [redacted].");
  });

  it("knows a secret without the newline of its file", () => {
    expect(redactorOf("correct horse\n").redact("PIN correct horse!")).toBe("PIN [redacted]!");
  });

  it("replaces a secret that contains another one as a whole", () => {
    expect(redactorOf("longsecret", "longsecret-and-more").redact("longsecret-and-more")).toBe("[redacted]");
  });

  it("takes characters of patterns literally", () => {
    expect(redactorOf("a.c*(").redact("a.c*( abcc")).toBe("[redacted] abcc");
  });

  it("forgets nothing to hide where there is nothing: an empty secret changes no text", () => {
    expect(redactorOf("", "  ").redact("all  of this stays")).toBe("all  of this stays");
  });
});
